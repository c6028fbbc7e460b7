import { AppError } from "@tintype/core/errors";
import type { OwnColumn } from "@tintype/core/model/own_column";
import * as z from "zod";

const fieldSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  mode: z.string(),
  description: z.string(),
  fields: z.array(z.unknown()).optional(),
});

/** A field of a schema file, as BigQuery reads it. */
export type SchemaField = z.infer<typeof fieldSchema>;

/** What became of a schema. */
export interface AddedColumns {
  readonly fields: readonly SchemaField[];
  /** Names of the columns that are new. */
  readonly added: readonly string[];
}

/** Reads a schema file's text; throws `invalid_config` where it is none. */
export function parseSchema(text: string): readonly SchemaField[] {
  try {
    return z.array(fieldSchema).parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError("invalid_config", "Cannot read the schema file as it is none", { cause });
  }
}

/**
 * The schema with a pipeline's columns at its end, as BigQuery wants new ones: nullable or repeated. Columns that are there stay as
 * they are; throws `invalid_config` where one is there with another type or mode, which BigQuery never changes.
 */
export function addColumns(
  fields: readonly SchemaField[],
  columns: Readonly<Record<string, OwnColumn>>,
): AddedColumns {
  const types = new Map(fields.map((field) => [field.name, kindOf(field)]));
  for (const [name, column] of Object.entries(columns)) {
    const type = kindOf(column);
    const there = types.get(name) ?? type;
    if (there === type) continue;
    throw new AppError(
      "invalid_config",
      `Cannot add the column ${name}: its type must be ${there} (got ${type})`,
    );
  }
  const missing = Object.entries(columns).filter(([name]) => !types.has(name));
  const added = missing.map(([name, { type, mode = "NULLABLE", description }]) => ({
    name,
    type,
    mode,
    description,
  }));
  return { fields: [...fields, ...added], added: added.map(({ name }) => name) };
}

/** What BigQuery never changes of a column. */
function kindOf({ type, mode }: { readonly type: string; readonly mode?: string }): string {
  return mode === "REPEATED" ? `REPEATED ${type}` : type;
}

/** Columns of the company's own in the `images` table: an insight of its pipeline each. */
import { IMAGE_ROW_COLUMNS } from "./image_row.ts";
import { MAX_OWN_ITEMS, type OwnValue } from "./own_value.ts";

/** BigQuery's types that an own column may have. */
const OWN_COLUMN_TYPES = ["STRING", "INT64", "FLOAT64", "BOOL"] as const;

/** BigQuery's type of an own column. */
type OwnColumnType = (typeof OWN_COLUMN_TYPES)[number];

/** A column of the company's own; rows hold no text from outside, so a STRING is one of the words that it names. */
export type OwnColumn =
  & { readonly description: string }
  & (
    | { readonly type: Exclude<OwnColumnType, "STRING"> }
    | { readonly type: "STRING"; readonly values: readonly string[] }
  )
  & (
    | { readonly mode?: never }
    /** A list of at most `maxItems` values. */
    | { readonly mode: "REPEATED"; readonly maxItems: number }
  );

const NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** Why a column may not be called so, or undefined where it may. */
export function columnNameFault(name: string): string | undefined {
  if (!NAME.test(name)) return `"${name}" must be a column's name`;
  const isTaken = IMAGE_ROW_COLUMNS.some((column) => column === name);
  return isTaken ? `"${name}" is a column of every image already` : undefined;
}

/** Why no table can have these columns, or undefined where one can. */
export function columnsFault(columns: Readonly<Record<string, OwnColumn>>): string | undefined {
  let items = 0;
  for (const [name, column] of Object.entries(columns)) {
    if (!OWN_COLUMN_TYPES.includes(column.type)) {
      return `the type of "${name}" must be one of ${OWN_COLUMN_TYPES.join(", ")}`;
    }
    if (column.type === "STRING" && column.values.length === 0) return `"${name}" has no values`;
    if (column.mode !== "REPEATED") continue;
    const { maxItems } = column;
    if (!Number.isInteger(maxItems) || maxItems < 1) {
      return `maxItems of "${name}" must be at least 1`;
    }
    items += maxItems;
  }
  return items > MAX_OWN_ITEMS
    ? `maxItems of all columns together must be at most ${MAX_OWN_ITEMS}`
    : undefined;
}

/** Whether a value may stand in the column; null always may, and is an empty list in a repeated one. */
export function fitsColumn(value: OwnValue, column: OwnColumn): boolean {
  if (value === null) return true;
  if (column.mode !== "REPEATED") return fitsType(value, column);
  return Array.isArray(value) && value.length <= column.maxItems &&
    value.every((item) => fitsType(item, column));
}

function fitsType(value: OwnValue, column: OwnColumn): boolean {
  if (column.type === "STRING") return column.values.some((word) => word === value);
  if (column.type === "BOOL") return typeof value === "boolean";
  return column.type === "INT64" ? Number.isSafeInteger(value) : Number.isFinite(value);
}

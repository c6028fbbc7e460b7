import * as z from "zod";

/** A page of a statement's result (https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query#response-body). */
export const pageSchema = z.object({
  jobComplete: z.boolean(),
  jobReference: z.object({ jobId: z.string(), location: z.string().optional() }).optional(),
  schema: z.object({ fields: z.array(z.object({ name: z.string(), type: z.string() })) })
    .optional(),
  rows: z.array(z.object({ f: z.array(z.object({ v: z.unknown() })) })).default([]),
  pageToken: z.string().optional(),
  numDmlAffectedRows: z.coerce.number().optional(),
});

/** A row by its columns' names: numbers, booleans, texts, dates for timestamps, and null. */
export type QueryRow = Readonly<Record<string, unknown>>;

const DECODERS: Readonly<Record<string, (text: string) => unknown>> = {
  INTEGER: Number,
  FLOAT: Number,
  BOOLEAN: (text) => text === "true",
  // Microseconds, as `useInt64Timestamp` asks for them.
  TIMESTAMP: (text) => new Date(Number(text) / 1_000),
};

/** The rows of a page. */
export function rowsOf({ schema, rows }: z.infer<typeof pageSchema>): QueryRow[] {
  const fields = schema?.fields ?? [];
  return rows.map(({ f: cells }) =>
    Object.fromEntries(fields.map(({ name, type }, at) => [name, decode(type, cells[at]?.v)]))
  );
}

function decode(type: string, value: unknown): unknown {
  return typeof value === "string" ? DECODERS[type]?.(value) ?? value : value ?? null;
}

import type { Table } from "@google-cloud/bigquery";
import { AppError } from "@tintype/core/errors";
import { failureOf } from "./_cloud_failure.ts";

/** A row of a streaming insert; rows with the same `insertId` within about a minute are one, at best effort. */
export interface InsertRow {
  readonly insertId: string;
  readonly json: Readonly<Record<string, unknown>>;
}

interface RowErrors {
  readonly index?: number;
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
}

/**
 * Inserts rows by `insertAll`; answers in their order, undefined for each that is in. BigQuery refuses a request whole
 * for one wrong row (the others are `stopped`): the others are sent again without it. A refused row is `internal`.
 */
export async function insertRows(
  table: Table,
  rows: readonly InsertRow[],
): Promise<(Error | undefined)[]> {
  const errors: (Error | undefined)[] = rows.map(() => undefined);
  let open = rows.map((_, at) => at);
  while (open.length > 0) {
    const refused = await insertOnce(table, open.flatMap((at) => rows[at] ?? []));
    if (refused.size === 0) return errors;
    for (const [at, error] of refused) {
      const position = open[at];
      if (position !== undefined) errors[position] = error;
    }
    open = open.filter((_, at) => !refused.has(at));
  }
  return errors;
}

/** Positions of refused rows; all of them where the answer names none. */
async function insertOnce(table: Table, rows: readonly InsertRow[]): Promise<Map<number, Error>> {
  try {
    // Without `raw` and `partialRetries: 0` the client would send what was refused again under ids of its own.
    await table.insert([...rows], { raw: true, partialRetries: 0 });
    return new Map();
  } catch (cause) {
    const insertErrors = insertErrorsOf(cause);
    if (insertErrors === undefined) throw failureOf("insert rows", cause);
    const refused = insertErrors.filter(({ errors }) =>
      errors?.some(({ reason }) => reason !== "stopped")
    );
    const named = refused.flatMap(({ index, errors }) =>
      index === undefined ? [] : [[index, refusalOf(errors?.[0]?.message, cause)] as const]
    );
    if (named.length > 0) return new Map(named);
    return new Map(rows.map((_, at) => [at, refusalOf(undefined, cause)]));
  }
}

function insertErrorsOf(error: unknown): readonly RowErrors[] | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { name, response } = error as { // an unknown error: each part is looked at
    name?: unknown;
    response?: { insertErrors?: readonly RowErrors[] };
  };
  return name === "PartialFailureError" ? response?.insertErrors ?? [] : undefined;
}

function refusalOf(message: string | undefined, cause: unknown): AppError {
  const why = message ?? "it gave no reason";
  return new AppError("internal", `Cannot insert row as the warehouse refused it: ${why}`, {
    cause,
  });
}

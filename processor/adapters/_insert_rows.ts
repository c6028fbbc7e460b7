import { AppError } from "@tintype/core/errors";
import { cloudResult } from "./_cloud_failure.ts";
import type { BigQueryClient, InsertError, InsertRow } from "./bigquery_client.ts";

/**
 * Inserts rows by `insertAll`; answers in their order, undefined for each that is in. BigQuery refuses a request whole
 * for one wrong row (the others are `stopped`): the others are sent again without it. A refused row is `internal`.
 */
export async function insertRows(
  client: BigQueryClient,
  table: string,
  rows: readonly InsertRow[],
  signal?: AbortSignal,
): Promise<(Error | undefined)[]> {
  const errors: (Error | undefined)[] = rows.map(() => undefined);
  let open = rows.map((_, at) => at);
  while (open.length > 0) {
    const inserting = client.insertAll(table, open.flatMap((at) => rows[at] ?? []), signal);
    const insertErrors = await cloudResult("insert rows", inserting, signal);
    if (insertErrors.length === 0) return errors;
    const refused = refusedOf(insertErrors, open.length);
    for (const [at, error] of refused) {
      const position = open[at];
      if (position !== undefined) errors[position] = error;
    }
    open = open.filter((_, at) => !refused.has(at));
  }
  return errors;
}

/** Positions of refused rows; all of them where none is named. */
function refusedOf(insertErrors: readonly InsertError[], count: number): Map<number, Error> {
  const named = insertErrors
    .filter(({ errors }) => errors.some(({ reason }) => reason !== "stopped"))
    .flatMap(({ index, errors }) =>
      index === undefined ? [] : [[index, refusalOf(errors[0]?.message)] as const]
    );
  if (named.length > 0) return new Map(named);
  return new Map(Array.from({ length: count }, (_, at) => [at, refusalOf(undefined)]));
}

function refusalOf(message = "it gave no reason"): AppError {
  return new AppError("internal", `Cannot insert row: BigQuery refused it: ${message}`);
}

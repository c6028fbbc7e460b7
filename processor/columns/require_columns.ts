import { AppError } from "@tintype/core/errors";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { RowColumns } from "@tintype/core/ports/row_columns";

/**
 * Asks the warehouse whether it has the pipeline's own columns; throws `invalid_config` that names those that it lacks or
 * has otherwise, as every row would be refused, and what {@link RowColumns} throws.
 */
export async function requireColumns(
  rows: RowColumns,
  wanted: Readonly<Record<string, string>>,
  options: CallOptions = {},
): Promise<void> {
  if (Object.keys(wanted).length === 0) return;
  const there = await rows.columns(options);
  const faults = Object.entries(wanted)
    .filter(([name, type]) => there.get(name) !== type)
    .map(([name, type]) => `${name} must be ${type}: current type is ${there.get(name) ?? "none"}`);
  if (faults.length === 0) return;
  throw new AppError(
    "invalid_config",
    `Cannot use the pipeline as the images table lacks its columns: ${faults.join("; ")}`,
  );
}

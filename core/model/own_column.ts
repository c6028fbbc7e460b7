/** Columns of the company's own in the `images` table: an insight of its pipeline each. */
import { IMAGE_ROW_COLUMNS, type RowValue } from "./image_row.ts";

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
  );

const NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** Why a column may not be called so, or undefined where it may. */
export function columnNameFault(name: string): string | undefined {
  if (!NAME.test(name)) return `"${name}" must be a column's name`;
  const isTaken = IMAGE_ROW_COLUMNS.some((column) => column === name);
  return isTaken ? `"${name}" is a column of every image already` : undefined;
}

/** Whether a value may stand in the column; null always may. */
export function fitsColumn(value: RowValue, column: OwnColumn): boolean {
  if (value === null) return true;
  if (column.type === "STRING") return column.values.some((word) => word === value);
  if (column.type === "BOOL") return typeof value === "boolean";
  return column.type === "INT64" ? Number.isSafeInteger(value) : Number.isFinite(value);
}

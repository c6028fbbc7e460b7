/** What the figures of views are made with: groups, sums, percentiles and times, without SQL. */
import type { ImageRow, RowValue } from "@tintype/core/model/image_row";

export const HOUR_MS = 3_600_000;

/** A row of a view: times as ISO 8601 in UTC, days as `yyyy-mm-dd`. */
export type Figure = Readonly<Record<string, RowValue>>;

/** The least value that at least `percent` of 100 are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const place = Math.max(1, Math.ceil(values.length * percent / 100));
  return values.toSorted((a, b) => a - b)[place - 1] ?? NaN;
}

/** A figure for each key that the rows have: the key's columns and those of `figureOf`. */
export function grouped<Row, Key extends Figure>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  figureOf: (rows: readonly Row[], key: Key) => Figure,
): Figure[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(keyOf(row)));
  return [...groups].map(([text, rows]) => {
    const key: Key = JSON.parse(text);
    return { ...key, ...figureOf(rows, key) };
  });
}

export function count<T>(rows: readonly T[], isCounted: (row: T) => boolean): number {
  return rows.filter(isCounted).length;
}

export function pick<T extends object, K extends keyof T>(row: T, ...columns: K[]): Pick<T, K> {
  return Object.fromEntries(columns.map((column) => [column, row[column]])) as Pick<T, K>; // just these keys
}

/** As SQL sums: null where there is nothing but null. */
export function sum(rows: readonly ImageRow[], column: string): number | null {
  const values = rows.flatMap((row) => typeof row[column] === "number" ? [row[column]] : []);
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
}

export function add(a: RowValue, b: RowValue): number | null {
  return typeof a === "number" && typeof b === "number" ? a + b : null;
}

export function renditionsOf(value: RowValue): number {
  return Array.isArray(value) ? value.length : 0;
}

export function imageKey({ tenant, image_id }: ImageRow): string {
  return `${tenant}/${image_id}`;
}

export function dayOf({ t0 }: ImageRow): string {
  return String(t0).slice(0, 10);
}

export function hourOf(time: RowValue): string {
  return isoOf(Math.floor(msOf(time) / HOUR_MS) * HOUR_MS);
}

export function msOf(time: RowValue): number {
  return Date.parse(String(time));
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

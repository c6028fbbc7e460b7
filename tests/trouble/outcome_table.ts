import type { Outcome } from "./scenario.ts";

const COLUMNS = {
  fault: ({ name }) => name,
  pictures: ({ pictures }) => `${pictures}`,
  ready: ({ ready }) => `${ready}`,
  rows: ({ rows }) => `${rows}`,
  lost: ({ lost }) => `${lost.length}`,
  doubled: ({ doubled }) => `${doubled.length}`,
  retries: ({ retries }) => `${retries}`,
  resent: ({ resent }) => `${resent}`,
  seconds: ({ seconds }) => `${seconds}`,
} as const satisfies Record<string, (outcome: Outcome) => string>;

/** The outcomes as a table for people: a line each, under the columns' names. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const names = Object.keys(COLUMNS);
  const lines = outcomes.map((outcome) => Object.values(COLUMNS).map((cell) => cell(outcome)));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...lines.map((line) => line[column]?.length ?? 0))
  );
  const show = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ");
  return [names, widths.map((width) => "-".repeat(width)), ...lines].map(show).join("\n");
}

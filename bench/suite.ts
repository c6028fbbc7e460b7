/** What a suite of measurements is: it prints its tables as it goes and answers how its aims came out. */

/** One aim: a measured figure against its target. */
export interface Aim {
  readonly name: string;
  readonly measured: number;
  readonly op: "<=" | ">=";
  readonly target: number;
}

/** Where a suite writes its tables, and how large it may be. */
export interface SuiteContext {
  readonly print: (line: string) => void;
  /** The project's root folder. */
  readonly root: string;
}

/** A suite by name; throws Error in a line when something that it needs is missing. */
export interface Suite {
  readonly name: string;
  readonly about: string;
  run(context: SuiteContext): Promise<readonly Aim[]>;
}

/** An aim that a figure must not exceed. */
export function atMost(target: number, name: string, measured: number): Aim {
  return { name, measured, op: "<=", target };
}

/** An aim that a figure must reach. */
export function atLeast(target: number, name: string, measured: number): Aim {
  return { name, measured, op: ">=", target };
}

/** `aim <suite>/<name> <measured> <op> <target> met|missed`. */
export function aimLine(suite: string, { name, measured, op, target }: Aim): string {
  const isMet = op === "<=" ? measured <= target : measured >= target;
  return `aim ${suite}/${name} ${measured.toFixed(3)} ${op} ${target} ${isMet ? "met" : "missed"}`;
}

/** A table with right-aligned figures, its first column left-aligned. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const lines = [heading, ...rows].map((row) => row.map(String));
  const widths = heading.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0))
  );
  return lines.map((line) =>
    line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ")
  ).join("\n");
}

/** The value below which a share (0 to 1) of the values lies, by nearest rank. Throws RangeError for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("Cannot take a quantile of no values");
  return value;
}

/** Which lines a test file runs, by the runtimes' own coverage: other tests cannot notice a mutant there. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Suite } from "../test/suites.ts";

/** Source file, from the root → line → how often it ran. */
export type LineHits = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** The flags with which a suite's runtime writes into `folder` what its tests run. */
export function coverageFlags({ runtime }: Suite, folder: string): string[] {
  if (runtime === "deno") return [`--coverage=${folder}`];
  const report = ["--test-reporter=lcov", `--test-reporter-destination=${reportIn(folder)}`];
  return ["--experimental-test-coverage", ...report];
}

/** Reads what those flags wrote; source files are named from `root`. */
export function readLineHits(folder: string, root: string): LineHits {
  return parseLcov(readFileSync(reportIn(folder), "utf8"), root);
}

function reportIn(folder: string): string {
  return join(folder, "lcov.info");
}

/** Reads a report in LCOV's format (`man geninfo`): `SF` begins a file, `DA` is one of its lines. */
export function parseLcov(text: string, root: string): LineHits {
  const files = new Map<string, Map<number, number>>();
  let lines = new Map<number, number>();
  for (const record of text.split("\n")) {
    const [, path] = /^SF:(.*)$/.exec(record) ?? [];
    if (path !== undefined) {
      files.set(path.startsWith("/") ? relative(root, path) : path, lines = new Map());
    }
    const [, line, count] = /^DA:(\d+),(\d+)/.exec(record) ?? [];
    if (line !== undefined) lines.set(Number(line), Number(count));
  }
  return files;
}

/** Whether the line ran, or nothing says that it did not. */
export function mayRun(hits: LineHits, file: string, line: number): boolean {
  const lines = hits.get(file);
  return lines !== undefined && lines.get(line) !== 0;
}

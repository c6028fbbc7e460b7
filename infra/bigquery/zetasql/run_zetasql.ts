import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { installZetasql } from "./install_zetasql.ts";

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** It runs for seconds: better code would cost more time than it saves. */
const SHORT_LIVED = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/** Runs one of the Java programs beside this file, JSON in and out; fetches ZetaSQL where it is missing. */
export function runZetasql(program: `${string}.java`, input: unknown): unknown {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const output = execFileSync("java", [...SHORT_LIVED, "-cp", installZetasql(), path], {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT_BYTES,
    stdio: "pipe",
  });
  return JSON.parse(output);
}

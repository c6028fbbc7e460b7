import { jsonLog, type Severity } from "@tintype/core/json_log";
import type { Log } from "@tintype/core/ports/log";

const WRITERS = {
  INFO: (line) => console.log(line),
  WARNING: (line) => console.warn(line),
  ERROR: (line) => console.error(line),
} as const satisfies Record<Severity, (line: string) => void>;

/** Writes one JSON line an event to the worker's console, which is where Workers Logs reads. */
export const consoleLog: Log = jsonLog({
  part: "edge",
  write: (line, severity) => WRITERS[severity](line),
});

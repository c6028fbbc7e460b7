import { jsonLog } from "@tintype/core/json_log";
import type { Log } from "@tintype/core/ports/log";

const logTo = (write: (line: string) => void): Log => jsonLog({ part: "edge", write });

/** Writes one JSON line an event to the worker's console, which is where Workers Logs reads. */
export const consoleLog: Log = {
  info: logTo((line) => console.log(line)).info,
  warn: logTo((line) => console.warn(line)).warn,
  error: logTo((line) => console.error(line)).error,
};

import type { Log, LogFields } from "@tintype/core/ports/log";

/** What a {@link createJsonLog} is made of. */
export interface JsonLogOptions {
  /** In every line: `processor`. */
  readonly part: string;
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
}

/** A log of one JSON line an event, with the severities of Cloud Logging (https://cloud.google.com/logging/docs/structured-logging). */
export function createJsonLog({ part, write }: JsonLogOptions): Log {
  const at = (severity: string) => (event: string, fields: LogFields = {}) =>
    write(JSON.stringify({ severity, time: new Date().toISOString(), part, event, ...fields }));
  return { info: at("INFO"), warn: at("WARNING"), error: at("ERROR") };
}

import type { Log, LogFields } from "./ports/log.ts";

const SEVERITIES = ["INFO", "WARNING", "ERROR"] as const;

/** How grave a line is, as Cloud Logging names it (https://cloud.google.com/logging/docs/structured-logging). */
type Severity = (typeof SEVERITIES)[number];

/** What a {@link jsonLog} is made of. */
interface JsonLogOptions {
  /** In every line: `processor`. */
  readonly part: string;
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
  /** The least severity that is written; everything where none is given. */
  readonly least?: Severity;
}

/** A log of one JSON line an event. */
export function jsonLog({ part, write, least = "INFO" }: JsonLogOptions): Log {
  const at = (severity: Severity) => (event: string, fields: LogFields = {}) => {
    if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(least)) return;
    const time = new Date().toISOString();
    write(JSON.stringify({ severity, time, part, event, ...fields }));
  };
  return { info: at("INFO"), warn: at("WARNING"), error: at("ERROR") };
}

import type { Log, LogFields } from "@tintype/core/ports/log";

/** Writes one JSON line an event to the worker's console, which is where Workers Logs reads. */
export class ConsoleLog implements Log {
  info(event: string, fields: LogFields = {}): void {
    console.log(JSON.stringify({ event, level: "info", ...fields }));
  }

  warn(event: string, fields: LogFields = {}): void {
    console.warn(JSON.stringify({ event, level: "warn", ...fields }));
  }

  error(event: string, fields: LogFields = {}): void {
    console.error(JSON.stringify({ event, level: "error", ...fields }));
  }
}

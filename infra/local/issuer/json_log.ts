import process from "node:process";
import type { Log, LogFields } from "@tintype/core/ports/log";

/** Writes each event as one JSON line on standard output. */
export class JsonLog implements Log {
  readonly #part: string;

  constructor(part: string) {
    this.#part = part;
  }

  info(event: string, fields?: LogFields): void {
    this.#write("info", event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write("warn", event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write("error", event, fields);
  }

  #write(level: string, event: string, fields: LogFields = {}): void {
    const time = new Date().toISOString();
    process.stdout.write(
      `${JSON.stringify({ time, level, part: this.#part, event, ...fields })}\n`,
    );
  }
}

import process from "node:process";
import type { Log, LogFields } from "@tintype/core/ports/log";

const LEVELS = ["info", "warn", "error"] as const;

/** How much is written: everything, or troubles only. */
type LogLevel = (typeof LEVELS)[number];

/** The level that `LOG_LEVEL` names; everything where it names none. */
export function logLevelOf(text: string | undefined): LogLevel {
  return LEVELS.find((level) => level === text) ?? "info";
}

/** Writes each event from the least level on as one JSON line on standard output. */
export class JsonLog implements Log {
  readonly #part: string;
  readonly #least: number;

  constructor(part: string, least: LogLevel = "info") {
    this.#part = part;
    this.#least = LEVELS.indexOf(least);
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

  #write(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (LEVELS.indexOf(level) < this.#least) return;
    const time = new Date().toISOString();
    process.stdout.write(
      `${JSON.stringify({ time, level, part: this.#part, event, ...fields })}\n`,
    );
  }
}

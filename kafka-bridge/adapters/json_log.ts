import type { Log, LogFields } from "@tintype/core/ports/log";

/** One JSON line an event on standard output. */
export function jsonLog(part: string): Log {
  const write = (level: string, event: string, fields: LogFields = {}) => {
    process.stdout.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, part, event, ...fields })}\n`,
    );
  };
  return {
    info: (event, fields) => write("info", event, fields),
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
  };
}

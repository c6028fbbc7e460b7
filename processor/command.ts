/** What the processor's commands share: exit codes (0 done, 1 failed, 2 wrong usage) and errors in one line. */
import { AppError, isAppError } from "@tintype/core/errors";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A wrong command line; its message is one line that says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads flags as `node:util` does; throws UsageError. */
export function parseFlags<Config extends ParseArgsConfig>(config: Config) {
  try {
    return parseArgs(config);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${why} (--help lists the options)`);
  }
}

/** Whether `text` is a day that there is, `yyyy-mm-dd`. */
export function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  // A day too many, as in 2026-02-30, is taken for one of the next month.
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

/** Aborts at the first Ctrl-C, so that what is under way is left as it was; the command then ends with 1. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = () =>
    stopping.abort(new AppError("unavailable", "Stopped before its end: run it again to go on"));
  Deno.addSignalListener("SIGINT", stop);
  return stopping.signal;
}

/** Runs a command to its exit code: the one that it answers, else that of what it threw. */
export async function exitCodeOf(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const isTold = error instanceof UsageError || isAppError(error);
    console.error(isTold ? error.message : error);
    const isOurs = isAppError(error) && error.kind !== "invalid";
    if (isOurs && error.cause !== undefined) console.error(String(error.cause));
    return error instanceof UsageError ? 2 : 1;
  }
}

import process from "node:process";
import type { Call, Command } from "./command.ts";
import type { Flags } from "./command_spec.ts";
import { requireUsableOffset } from "./local_ports.ts";
import { UsageError } from "./usage_error.ts";

/** Exit codes of every command: done, found something or failed, wrong call or nothing to talk to, ended by Ctrl-C. */
export const EXIT = { done: 0, failed: 1, wrongCall: 2, interrupted: 130 } as const;

/** Thrown by what Ctrl-C ended; the command then ends with 130 and says nothing more. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** How a command ends where it throws. */
export interface RunMainOptions {
  /** The line of an error that is no UsageError. */
  readonly describe?: (error: unknown) => string;
  /** The exit code of such an error (default: 1). */
  readonly failure?: number;
}

/** Runs a command with the process's arguments, and ends the process with the exit code that `run` resolves to (nothing: 0). */
export async function runMain<F extends Flags>(
  command: Command<F>,
  run: (call: Call<F>) => Promise<number | void> | number | void,
  options: RunMainOptions = {},
): Promise<never> {
  process.exit(await exitCodeOf(command, run, options));
}

async function exitCodeOf<F extends Flags>(
  command: Command<F>,
  run: (call: Call<F>) => Promise<number | void> | number | void,
  { describe = describeError, failure = EXIT.failed }: RunMainOptions,
): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    process.stdout.write(`${command.help}\n`);
    return EXIT.done;
  }
  try {
    requireUsableOffset();
    return await run(command.parse(args)) ?? EXIT.done;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    const isWrongCall = error instanceof UsageError;
    process.stderr.write(`${isWrongCall ? error.message : describe(error)}\n`);
    return isWrongCall ? EXIT.wrongCall : failure;
  }
}

/** The messages of an error and its causes in one line; the stack where it is a mistake of the program. */
export function describeError(error: unknown): string {
  const isMistake = error instanceof TypeError || error instanceof ReferenceError;
  // A TypeError with a cause is a fetch that failed.
  if (isMistake && error.cause === undefined) return error.stack ?? error.message;
  const messages: string[] = [];
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    const text = at instanceof Error ? at.message : String(at);
    if (!messages.some((message) => message.includes(text))) messages.push(text);
  }
  return messages.join(": ");
}

/** What every service does with its process: read the environment or end, and end where nobody caught an error. */
import { isAppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import type * as z from "zod";
import { describeError } from "./describe_error.ts";
import { readVars } from "./server_env.ts";

/** The variables of a schema as the process has them in `env`, or the end of the process with what is wrong. */
export function readEnvOrExit<Schema extends z.ZodObject>(
  service: string,
  schema: Schema,
  env: { get(name: string): string | undefined },
): z.infer<Schema> {
  try {
    const names = Object.keys(schema.shape);
    return readVars(
      service,
      schema,
      Object.fromEntries(names.map((name) => [name, env.get(name)])),
    );
  } catch (error) {
    if (!isAppError(error)) throw error;
    console.error(error.publicMessage);
    Deno.exit(1);
  }
}

/** Logs what nobody caught, and ends the process with 1. */
export function exitOnCrash(log: Log): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("crashed", describeError(event.reason));
    Deno.exit(1);
  });
}

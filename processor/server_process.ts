/** What every service does with its process: read its variables or end, listen until a signal, end on what nobody caught. */
import { isAppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import type * as z from "zod";
import { describeError } from "./describe_error.ts";
import type { ServerEnv, Variables } from "./server_env.ts";
import { type Running, shutDownOnSignal } from "./shut_down.ts";

/** What `read` makes of the process's variables of these names, or the end of the process with what is wrong. */
export function readEnvOrExit<Env>(
  read: (variables: Variables) => Env,
  { shape }: z.ZodObject,
  env: { get(name: string): string | undefined },
): Env {
  try {
    return read(Object.fromEntries(Object.keys(shape).map((name) => [name, env.get(name)])));
  } catch (error) {
    if (!isAppError(error)) throw error;
    console.error(error.publicMessage);
    Deno.exit(1);
  }
}

/** Listens, logs where, and shuts down at the first SIGTERM or SIGINT. */
export function serveUntilSignal(
  { hostname, port }: Pick<ServerEnv, "hostname" | "port">,
  app: { fetch(request: Request): Response | Promise<Response> },
  running: Omit<Running, "server">,
): void {
  const onListen = ({ port }: Deno.NetAddr) =>
    running.log.info("listening", { url: `http://localhost:${port}` });
  const server = Deno.serve({ hostname, port, onListen }, (request) => app.fetch(request));
  shutDownOnSignal({ ...running, server });
}

/** Logs what nobody caught, and ends the process with 1. */
export function exitOnCrash(log: Log): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("crashed", describeError(event.reason));
    Deno.exit(1);
  });
}

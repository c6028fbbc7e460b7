import { AppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { CallerVerifier } from "./adapters/oidc_verifier.ts";
import { problemOf } from "./problem.ts";
import type { PushStatus } from "./push.ts";

/** What every service serves. */
interface ServerAppOptions {
  readonly log: Log;
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  /** Whether it may be given work. */
  readonly isReady: () => boolean;
}

/** Health, metrics and problems of a service. */
export function createServerApp({ log, metrics, isReady }: ServerAppOptions): Hono {
  const app = new Hono();
  app.onError((error, c) => problemOf(error, c, log));
  app.notFound((c) => problemOf(new AppError("not_found", "There is nothing here"), c, log));
  app.get(
    "/healthz",
    (c) => c.json({ status: isReady() ? "ready" : "starting" }, isReady() ? 200 : 503),
  );
  app.get(
    "/metrics",
    async (c) => c.body(await metrics.text(), 200, { "Content-Type": metrics.contentType }),
  );
  return app;
}

const MAX_PUSH_BYTES = 1024 * 1024;

/** The handlers of a path that Pub/Sub pushes to; what is too large would never get smaller: acknowledged, and logged. */
export function pushRoute(
  log: Log,
  handle: (body: string) => Promise<PushStatus>,
): [MiddlewareHandler, MiddlewareHandler] {
  const onError = () => {
    log.error("push_unreadable", { error: "too_large", maxBytes: MAX_PUSH_BYTES });
    return new Response(null, { status: 204 });
  };
  return [
    bodyLimit({ maxSize: MAX_PUSH_BYTES, onError }),
    async (c) => c.body(null, await handle(await c.req.text())),
  ];
}

/** Who may call. */
interface CallerOptions {
  readonly verify: CallerVerifier;
  /** Base address that tokens name as their audience, without a slash at the end. */
  readonly audience: string;
  /** The path that tokens name behind it; the call's own where none is given. */
  readonly path?: string;
}

/** Lets a call through whose token is the service account's and was made for exactly this path, or the one that is given. */
export function requireCaller(
  { verify, audience, path }: CallerOptions,
  email: string,
): MiddlewareHandler {
  return async (c, next) => {
    const named = audience + (path ?? c.req.path);
    await verify(c.req.header("authorization"), { audience: named, email });
    await next();
  };
}

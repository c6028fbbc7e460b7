import { AppError, type ErrorKind } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { describeError } from "./describe_error.ts";

/** What a caller is answered: a new kind does not compile until it has its status. */
const STATUSES = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorKind, number>;

const DEFAULT_RETRY_AFTER_MS = 1_000;

/** Answers an error as a problem (RFC 9457); what is ours is logged and not returned. */
export function problemOf(thrown: unknown, c: Context, log: Log): Response {
  const error = appErrorOf(thrown);
  const status = STATUSES[error.kind];
  if (status >= 500) log.error("call_failed", { path: c.req.path, ...describeError(thrown) });
  const detail = error.kind === "internal" ? undefined : error.publicMessage;
  const retryAfterMs = error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
  const isBusy = status === 429 || status === 503;
  return new Response(
    JSON.stringify({ type: `/problems/${error.code}`, status, code: error.code, detail }),
    {
      status,
      headers: {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
        ...(isBusy ? { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) } : {}),
      },
    },
  );
}

function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return new AppError("invalid_request", "Cannot read this request", { cause: thrown });
  }
  return new AppError("internal", "Cannot answer as something is wrong here", { cause: thrown });
}

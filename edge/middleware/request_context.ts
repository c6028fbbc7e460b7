import type { MiddlewareHandler } from "hono";
import { hexOf } from "@tintype/core/hex";
import {
  formatTraceParent,
  parseTraceParent,
  type TraceParent,
} from "@tintype/core/model/traceparent";
import type { AppEnv } from "../app_env.ts";

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** Names the request: `X-Request-Id` and `traceparent` are taken where they are of their form, else made, and answered. */
export const requestContext: MiddlewareHandler<AppEnv> = async (c, next) => {
  const named = c.req.header("x-request-id") ?? "";
  const requestId = REQUEST_ID.test(named) ? named : crypto.randomUUID();
  const given = parseTraceParent(c.req.header("traceparent"));
  const traceparent = traceparentOf(given);
  c.set("requestId", requestId);
  c.set("traceparent", traceparent);
  c.set("parentSpanId", given?.spanId);
  await next();
  c.res.headers.set("X-Request-Id", requestId);
  c.res.headers.set("traceparent", traceparent);
};

/** The same trace with a span of our own, or a new trace. */
function traceparentOf(given: TraceParent | undefined): string {
  const fresh = hexOf(crypto.getRandomValues(new Uint8Array(24)));
  const { traceId, flags } = given ?? { traceId: fresh.slice(0, 32), flags: 1 };
  return formatTraceParent({ traceId, spanId: fresh.slice(32), flags });
}

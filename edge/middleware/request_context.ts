import type { MiddlewareHandler } from "hono";
import { hexOf } from "@tintype/core/hex";
import type { AppEnv } from "../app_env.ts";

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
/** W3C Trace Context, version 00; ids of all zeros are no ids. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Names the request: `X-Request-Id` and `traceparent` are taken where they are of their form, else made, and answered. */
export const requestContext: MiddlewareHandler<AppEnv> = async (c, next) => {
  const named = c.req.header("x-request-id") ?? "";
  const requestId = REQUEST_ID.test(named) ? named : crypto.randomUUID();
  const given = TRACEPARENT.exec(c.req.header("traceparent") ?? "");
  const traceparent = traceparentOf(given);
  c.set("requestId", requestId);
  c.set("traceparent", traceparent);
  c.set("parentSpanId", given?.[2]);
  await next();
  c.res.headers.set("X-Request-Id", requestId);
  c.res.headers.set("traceparent", traceparent);
};

/** The same trace with a span of our own, or a new trace. */
function traceparentOf(given: RegExpExecArray | null): string {
  const fresh = hexOf(crypto.getRandomValues(new Uint8Array(24)));
  const [, traceId = fresh.slice(0, 32), , flags = "01"] = given ?? [];
  return `00-${traceId}-${fresh.slice(32)}-${flags}`;
}

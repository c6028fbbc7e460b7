import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../app_env.ts";
import { routeOf } from "./request_log.ts";

/** Tells a collector, where one is configured, of the request's span: the parent of everything that its image goes through. */
export const requestSpan: MiddlewareHandler<AppEnv> = async (c, next) => {
  const startMs = Date.now();
  await next();
  const spans = c.get("services")?.spans;
  const traceparent = c.get("traceparent");
  if (spans === undefined || !isSampled(traceparent)) return;
  const sent = spans.send({
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    parentSpanId: c.get("parentSpanId"),
    name: `${c.req.method} ${routeOf(c)}`,
    startMs,
    endMs: Date.now(),
    status: c.res.status,
    attributes: {
      "tintype.image_id": c.get("imageId"),
      "tintype.tenant": c.get("caller")?.tenant,
      "error.type": c.get("errorCode"),
    },
  });
  c.executionCtx.waitUntil(sent);
};

/** The lowest bit of the flags (W3C Trace Context, section 3.2.2.5). */
function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(53, 55), 16) & 1) === 1;
}

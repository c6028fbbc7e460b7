import type { MiddlewareHandler } from "hono";
import { parseTraceParent } from "@tintype/core/model/traceparent";
import type { AppEnv } from "../app_env.ts";
import { routeOf } from "./request_log.ts";

/** Tells a collector, where one is configured, of the request's span: the parent of everything that its image goes through. */
export const requestSpan: MiddlewareHandler<AppEnv> = async (c, next) => {
  const startMs = Date.now();
  await next();
  const spans = c.get("services")?.spans;
  const trace = parseTraceParent(c.get("traceparent"));
  // The lowest bit of the flags (W3C Trace Context, section 3.2.2.5).
  if (spans === undefined || trace === undefined || (trace.flags & 1) === 0) return;
  const sent = spans.send({
    traceId: trace.traceId,
    spanId: trace.spanId,
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

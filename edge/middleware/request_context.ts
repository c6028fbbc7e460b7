import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
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
  const trace = ownSpanOf(given);
  const traceparent = formatTraceParent(trace);
  c.set("requestId", requestId);
  c.set("trace", trace);
  c.set("traceparent", traceparent);
  c.set("parentSpanId", given?.spanId);
  await next();
  c.res.headers.set("X-Request-Id", requestId);
  c.res.headers.set("traceparent", traceparent);
};

/** The same trace with a span of our own, or a new trace. */
function ownSpanOf(given: TraceParent | undefined): TraceParent {
  const fresh = hexOf(crypto.getRandomValues(new Uint8Array(24)));
  const { traceId, flags } = given ?? { traceId: fresh.slice(0, 32), flags: 1 };
  return { traceId, spanId: fresh.slice(32), flags };
}

/** Writes one line a request, and counts it: ids, numbers and the route's pattern, never the path, a token, an address or a name. */
export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const startedMs = Date.now();
  await next();
  const request = {
    method: c.req.method,
    route: routeOf(c),
    status: c.res.status,
    ms: Date.now() - startedMs,
    tenant: c.get("caller")?.tenant,
    code: c.get("errorCode"),
  };
  c.get("services")?.requests?.count(request);
  c.get("log").info("request", {
    requestId: c.get("requestId"),
    traceId: c.get("trace").traceId,
    ...request,
    owner: c.get("owner"),
    imageId: c.get("imageId"),
    reason: c.get("refusal"),
  });
};

/** Reports the request's span to a collector, where one is configured: the parent of everything that its image goes through. */
export const requestSpan: MiddlewareHandler<AppEnv> = async (c, next) => {
  const startMs = Date.now();
  await next();
  const spans = c.get("services")?.spans;
  const trace = c.get("trace");
  // The lowest bit of the flags (W3C Trace Context, section 3.2.2.5).
  if (spans === undefined || (trace.flags & 1) === 0) return;
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

/** The pattern of the route that answers. */
function routeOf(c: Context<AppEnv>): string {
  return matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path ?? "(none)";
}

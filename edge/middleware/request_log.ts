import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { parseTraceParent } from "@tintype/core/model/traceparent";
import type { AppEnv } from "../app_env.ts";

/** Writes one line a request: ids, numbers and the route's pattern, never the path, a token, an address or a name. */
export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const startedMs = Date.now();
  await next();
  const caller = c.get("caller");
  c.get("log").info("request", {
    requestId: c.get("requestId"),
    traceId: parseTraceParent(c.get("traceparent"))?.traceId,
    method: c.req.method,
    route: routeOf(c),
    status: c.res.status,
    ms: Date.now() - startedMs,
    tenant: caller?.tenant,
    owner: caller?.owners[0],
    imageId: c.get("imageId"),
    code: c.get("errorCode"),
  });
};

/** The pattern of the route that answers. */
export function routeOf(c: Context<AppEnv>): string {
  return matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path ?? "(none)";
}

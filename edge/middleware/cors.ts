import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app_env.ts";

const PREFLIGHT = {
  "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
  "Access-Control-Allow-Headers":
    "Authorization, Content-Type, If-None-Match, X-Request-Id, traceparent",
  "Access-Control-Max-Age": "600",
} as const;
const EXPOSED =
  "Date, ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id, traceparent";

/**
 * Cross-origin sharing (Fetch standard, section 3.2). A preflight carries no token and is answered by the union of all
 * tenants' origins, a request by its tenant's; one that was refused before its tenant was known says nothing private
 * and is answered by the union too.
 */
export const cors: MiddlewareHandler<AppEnv> = async (c, next) => {
  const origin = c.req.header("origin");
  if (origin === undefined) return await next();
  if (isPreflight(c)) return await preflight(c, origin);
  await next();
  c.res.headers.append("Vary", "Origin");
  const allowed = allowedOrigin(await originsOf(c), origin);
  if (allowed === undefined) return;
  c.res.headers.set("Access-Control-Allow-Origin", allowed);
  c.res.headers.set("Access-Control-Expose-Headers", EXPOSED);
  // What is shared with another origin must be loadable from there.
  c.res.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
};

/** Whether a page of `origin` may call for this tenant: for the session that it will send its bytes to. */
export async function mayCallFrom(c: Context<AppEnv>, origin: string): Promise<boolean> {
  return origin === new URL(c.req.url).origin ||
    allowedOrigin(await originsOf(c), origin) !== undefined;
}

function isPreflight(c: Context<AppEnv>): boolean {
  return c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
}

async function preflight(c: Context<AppEnv>, origin: string): Promise<Response> {
  const allowed = allowedOrigin(await c.get("services").tenants.corsOrigins(), origin);
  const headers = new Headers({ Vary: "Origin, Access-Control-Request-Method" });
  if (allowed !== undefined) {
    headers.set("Access-Control-Allow-Origin", allowed);
    for (const [name, value] of Object.entries(PREFLIGHT)) headers.set(name, value);
  }
  return new Response(null, { status: 204, headers });
}

async function originsOf(c: Context<AppEnv>): Promise<readonly string[]> {
  const { tenants } = c.get("services");
  const caller = c.get("caller");
  if (caller === undefined) return await tenants.corsOrigins();
  return (await tenants.planOf(caller.tenant)).corsOrigins;
}

function allowedOrigin(origins: readonly string[], origin: string): string | undefined {
  if (origins.includes(origin)) return origin;
  return origins.includes("*") ? "*" : undefined;
}

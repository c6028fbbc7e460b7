import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import type { RateLimit } from "../ports.ts";
import { answerProblem } from "../problem.ts";
import { callerOf } from "./authenticate.ts";

/** Limits requests per address, before the token is looked at, so that bad tokens count too. */
export const limitAddress: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { addressLimit } = c.get("services");
  // Cloudflare always sets this one; X-Forwarded-For and its like are the caller's own words.
  const network = networkOf(c.req.header("cf-connecting-ip") ?? "none");
  if (!await addressLimit.take(network)) return answerLimited(c, addressLimit);
  await next();
};

/** Limits requests per owner of today, a grant's per grant, once the token was verified; throws `unavailable` where today has no salt. */
export const limitOwner: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { ownerLimit, clock } = c.get("services");
  const { tenant, ownerAt, grant } = callerOf(c);
  const owner = await ownerAt(clock.now());
  c.set("owner", owner);
  // The guest of an owner must not use up the owner's own.
  const key = grant === undefined ? `${tenant}/${owner}` : `${tenant}/grant/${grant.grantId}`;
  if (!await ownerLimit.take(key)) return answerLimited(c, ownerLimit);
  await next();
};

/** The address itself for IPv4; for IPv6 its /64, which is what one caller commonly holds. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail?.split(":") ?? [];
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array<string>(missing).fill("0"), ...after];
  return `${all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

/** The answer to a request over a limit. */
function answerLimited(c: Context<AppEnv>, limit: RateLimit): Response {
  const { name, requests, windowSeconds } = limit;
  const error = new AppError(
    "rate_limited",
    `Cannot take more than ${requests} requests in ${windowSeconds} seconds for one ${name}`,
    {
      retryAfterMs: windowSeconds * 1_000,
      limits: [{ name, quota: requests, remaining: 0, windowSeconds }],
    },
  );
  return answerProblem(error, c);
}

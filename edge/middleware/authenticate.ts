import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import type { Caller } from "../ports.ts";

/** Scheme as it is commonly written, one space, one token (RFC 6750, section 2.1): whatever is else is refused. */
const AUTHORIZATION = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/;

/** Sets the caller from the token alone; throws `unauthenticated`, and `unavailable` where keys cannot be had. */
export const authenticate: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { callerOf } = c.get("services");
  c.set("caller", await callerOf(tokenOf(c.req.header("authorization"))));
  await next();
};

/** The caller behind an authenticated route. */
export function callerOf(c: Context<AppEnv>): Caller {
  const caller = c.get("caller");
  if (caller === undefined) throw new TypeError("Cannot name the caller before authentication");
  return caller;
}

function tokenOf(header: string | undefined): string {
  const token = AUTHORIZATION.exec(header ?? "")?.[1];
  if (token !== undefined) return token;
  throw new AppError(
    "unauthenticated",
    header === undefined ? "An access token is needed" : "The access token is not valid here",
  );
}

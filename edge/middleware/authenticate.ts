import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import type { Caller } from "../ports.ts";
import { answerProblem } from "../problem.ts";
import { withFacts } from "./describe.ts";

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

/** The rights that a token may carry. */
export type Scope =
  | "images:write"
  | "images:read"
  | "images:read:tenant"
  | "images:delete"
  | "images:delete:tenant";

/** Lets a request pass whose token has one of these scopes; else 403 that names the first (RFC 6750, section 3.1). */
export function requireScope(...anyOf: readonly [Scope, ...Scope[]]): MiddlewareHandler<AppEnv> {
  const check: MiddlewareHandler<AppEnv> = async (c, next) => {
    const { scopes } = callerOf(c);
    if (!anyOf.some((scope) => scopes.has(scope))) return lacksScope(c, anyOf[0]);
    await next();
  };
  return withFacts(check, { scopes: anyOf });
}

/** The answer to a token without `scope`. */
export function lacksScope(c: Context<AppEnv>, scope: Scope): Response {
  const answer = answerProblem(new AppError("forbidden", `The token lacks the scope ${scope}`), c);
  answer.headers.set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="${scope}"`);
  return answer;
}

function tokenOf(header: string | undefined): string {
  const token = AUTHORIZATION.exec(header ?? "")?.[1];
  if (token !== undefined) return token;
  throw new AppError(
    "unauthenticated",
    header === undefined ? "An access token is needed" : "The access token is not valid here",
  );
}

import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import type { Caller } from "../ports.ts";
import { answerProblem, challengeOf } from "../problem.ts";
import { refuseToken } from "../token_refusal.ts";
import { withFacts } from "./describe.ts";

/** Scheme in any case (RFC 9110, section 11.1), one space, one token (RFC 6750, section 2.1): all else is refused. */
const AUTHORIZATION = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

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
export const SCOPES = [
  "images:write",
  "images:read",
  "images:read:tenant",
  "images:read:original",
  "images:delete",
  "images:delete:tenant",
  "images:grant",
] as const;

/** A right that a token may carry. */
export type Scope = typeof SCOPES[number];

/** Lets a request pass whose token has one of these scopes; else 403 that names the first (RFC 6750, section 3.1). */
export function requireScope(...anyOf: readonly [Scope, ...Scope[]]): MiddlewareHandler<AppEnv> {
  return guardOf(anyOf, false);
}

/** The same, and grants pass too: every other route refuses them, whatever they are for. */
export function requireScopeOrGrant(
  ...anyOf: readonly [Scope, ...Scope[]]
): MiddlewareHandler<AppEnv> {
  return guardOf(anyOf, true);
}

function guardOf(anyOf: readonly [Scope, ...Scope[]], takesGrants: boolean) {
  const check: MiddlewareHandler<AppEnv> = async (c, next) => {
    const { scopes, grant } = callerOf(c);
    const isAllowed = anyOf.some((scope) => scopes.has(scope));
    if (!isAllowed || (grant !== undefined && !takesGrants)) return lacksScope(c, anyOf[0]);
    await next();
  };
  return withFacts(check, { scopes: anyOf, takesGrants });
}

/** The answer to a token without `scope`. */
export function lacksScope(c: Context<AppEnv>, scope: Scope): Response {
  const answer = answerProblem(new AppError("forbidden", `The token lacks the scope ${scope}`), c);
  const challenge = challengeOf(c, { error: "insufficient_scope", scope });
  answer.headers.set("WWW-Authenticate", challenge);
  return answer;
}

function tokenOf(header: string | undefined): string {
  const token = AUTHORIZATION.exec(header ?? "")?.[1];
  if (token !== undefined) return token;
  throw refuseToken(header === undefined ? "no_token" : "authorization");
}

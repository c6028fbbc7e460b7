import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import { answerProblem } from "../problem.ts";
import { callerOf } from "./authenticate.ts";
import { withFacts } from "./describe.ts";

/** The rights that a token may carry. */
type Scope = "images:write" | "images:read" | "images:read:tenant" | "images:delete";

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

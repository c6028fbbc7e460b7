import type { MiddlewareHandler } from "hono";

/** Who may call: the service account, and the audience that its token must name. */
interface Caller {
  readonly audience: string;
  readonly email: string;
}

/** Checks an `Authorization` header; throws `unauthenticated`, `forbidden` or `unavailable`. */
export type CallerVerifier = (authorization: string | undefined, caller: Caller) => Promise<void>;

/** How callers are told apart. */
export interface RequireCallerOptions {
  readonly verify: CallerVerifier;
  /** Base address that tokens name as their audience, without a slash at the end; the call's path comes after it. */
  readonly audience: string;
  readonly email: string;
}

/** Lets a call through whose token is the service account's and was made for exactly this path. */
export function requireCaller(
  { verify, audience, email }: RequireCallerOptions,
): MiddlewareHandler {
  return async (c, next) => {
    await verify(c.req.header("authorization"), { audience: audience + c.req.path, email });
    await next();
  };
}

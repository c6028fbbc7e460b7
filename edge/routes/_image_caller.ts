import type { Context } from "hono";
import { AppError } from "@tintype/core/errors";
import { parseOwner } from "@tintype/core/model/owner";
import type { ImageCaller } from "@tintype/core/reading/own_image";
import type { AppEnv } from "../app_env.ts";
import { callerOf, lacksScope, type Scope } from "../middleware/authenticate.ts";

/** The scope for one's own images, and the one for those of the caller's tenant. */
type ImageScopes = readonly [own: Scope, tenant: Scope];

/**
 * Whose images a request is about: the caller's own, or the named owner's of a day for tokens that may act within their
 * tenant; a response of `forbidden` where the token may not. Throws `invalid_request` where the owner must be named.
 */
export function imageCallerOf(
  c: Context<AppEnv>,
  named: string | undefined,
  [own, ofTenant]: ImageScopes,
): ImageCaller | Response {
  const { tenant, ownerAt, reaches, scopes } = callerOf(c);
  if (named !== undefined) {
    if (!scopes.has(ofTenant)) return lacksScope(c, ofTenant);
    const owner = parseOwner(named);
    return { tenant, ownerAt: () => Promise.resolve(owner) };
  }
  if (scopes.has(own)) return { tenant, ownerAt, reaches };
  throw new AppError("invalid_request", "Cannot find images: the owner must be named", {
    errors: [{ path: "owner", message: `is required with the scope ${ofTenant}` }],
  });
}

import { randomUUID } from "node:crypto";
import * as z from "zod";
import { ALGORITHMS, type KeyRing } from "./key_ring.ts";

/** Every right that a client needs for its own images. */
export const DEFAULT_SCOPE = "images:read images:write images:delete";

const DAY_SECONDS = 86_400;

/** Whom a token is for; a negative `ttlSeconds` makes one that has already ended. */
export const accessTokenSchema = z.strictObject({
  sub: z.string().min(1).max(256),
  tenant: z.string().min(1).max(256),
  scope: z.string().max(1_024).default(DEFAULT_SCOPE),
  ttlSeconds: z.int().min(-DAY_SECONDS).max(30 * DAY_SECONDS).default(3_600),
  alg: z.enum(ALGORITHMS).default("ES256"),
});

/** What {@link issueAccessToken} signs for. */
interface AccessTokenOptions {
  readonly keys: KeyRing;
  /** The `iss` claim. */
  readonly issuer: string;
  readonly nowMs: number;
}

/** Makes an access token for the audience `tintype` (RFC 6749, section 5.1, gives the answer's shape). */
export async function issueAccessToken(
  request: z.infer<typeof accessTokenSchema>,
  { keys, issuer, nowMs }: AccessTokenOptions,
) {
  const { sub, tenant, scope, ttlSeconds, alg } = request;
  const exp = Math.floor(nowMs / 1_000) + ttlSeconds;
  const iat = Math.min(Math.floor(nowMs / 1_000), exp - 1);
  const claims = { iss: issuer, aud: "tintype", sub, tenant, scope, iat, exp, jti: randomUUID() };
  return {
    access_token: await keys.sign(claims, alg),
    token_type: "Bearer",
    expires_in: ttlSeconds,
  };
}

import { decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import * as z from "zod";
import { hexOf } from "@tintype/core/hex";
import { REFERENCE } from "@tintype/core/model/manifest";
import { ALL_MEDIA_TYPES } from "@tintype/core/model/media_type";
import { isOwner } from "@tintype/core/model/owner";
import { isTenant } from "@tintype/core/model/tenant";
import type { Clock } from "@tintype/core/ports/clock";
import type { GrantTokens } from "../ports.ts";
import { refuseToken, type TokenFault } from "../token_refusal.ts";
import { openJwt } from "./signed_jwt.ts";

/** The type in a grant's header (RFC 8725, section 3.11): no issuer's token has it, and no grant another. */
const GRANT_TYPE = "tintype-grant+jwt";
/** Issuer and audience of grants at once. */
const EDGE = "urn:tintype:edge";
const ALGORITHM = "HS256";
/** How far the clocks of two of Cloudflare's locations may differ. */
const AHEAD_SECONDS = 5;
const MAX_LIFE_SECONDS = 86_400;

const seconds = z.int().min(0);
const claimsSchema = z.strictObject({
  iss: z.literal(EDGE),
  aud: z.literal(EDGE),
  jti: z.uuid(),
  iat: seconds,
  exp: seconds,
  scope: z.literal("images:write images:read"),
  tenant: z.string().refine(isTenant),
  owners: z.record(z.iso.date(), z.string().refine(isOwner)),
  contentTypes: z.array(z.enum(ALL_MEDIA_TYPES)).optional(),
  maxBytes: z.int().min(1).optional(),
  count: z.int().min(1),
  ref: z.string().regex(REFERENCE).optional(),
});

interface GrantKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

/**
 * Grants as JWTs under the edge's own secret: the first signs, the grants of the other one are taken too, while secrets are
 * changed. No issuer's key is ever asked for one.
 */
export async function hmacGrantTokens(
  clock: Clock,
  secret: string,
  also?: string,
): Promise<GrantTokens> {
  const newest = await importKey(secret);
  const keys = also === undefined ? [newest] : [newest, await importKey(also)];
  const keyOf = async ({ kid }: { readonly kid?: string }) => {
    const found = keys.find((each) => each.kid === kid);
    if (found === undefined) throw refuseToken("key");
    return found.key;
  };
  return {
    isGrant: isGrantToken,
    async sign({ grantId, issuedAtMs, endsAtMs, ...rest }) {
      const times = { iat: issuedAtMs / 1_000, exp: endsAtMs / 1_000 };
      const scope = "images:write images:read";
      const claims = { iss: EDGE, aud: EDGE, jti: grantId, scope, ...times, ...rest };
      const header = { alg: ALGORITHM, typ: GRANT_TYPE, kid: newest.kid };
      return await new SignJWT(JSON.parse(JSON.stringify(claims))).setProtectedHeader(header)
        .sign(newest.key);
    },
    async verify(token) {
      const nowMs = clock.now();
      const payload = await openJwt(token, {
        keyOf,
        isType: (typ) => typ === GRANT_TYPE,
        options: {
          algorithms: [ALGORITHM],
          issuer: EDGE,
          audience: EDGE,
          currentDate: new Date(nowMs),
        },
        faultsOf: (claims) => grantFaults(claims, nowMs / 1_000),
      });
      const { iss: _iss, aud: _aud, scope: _scope, jti: grantId, iat, exp, ...rest } = claimsSchema
        .parse(payload);
      return { ...rest, grantId, issuedAtMs: iat * 1_000, endsAtMs: exp * 1_000 };
    },
  };
}

function isGrantToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === GRANT_TYPE;
  } catch {
    return false;
  }
}

function grantFaults(payload: JWTPayload, now: number): TokenFault[] {
  const { data: claims } = claimsSchema.safeParse(payload);
  if (claims === undefined) return [{ reason: "malformed", detail: "Not the claims of a grant" }];
  const { iat, exp } = claims;
  const faults: (TokenFault | false)[] = [
    exp <= now && { reason: "expired", detail: "The grant has ended" },
    iat > now + AHEAD_SECONDS && { reason: "not_yet", detail: "The grant begins in the future" },
    exp > iat + MAX_LIFE_SECONDS && { reason: "life", detail: "The grant lives more than a day" },
  ];
  return faults.filter((fault) => fault !== false);
}

async function importKey(secret: string): Promise<GrantKey> {
  const bytes = new TextEncoder().encode(secret);
  const named = new TextEncoder().encode(`grant key\n${secret}`);
  const kid = hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", named))).slice(0, 16);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
  return { kid, key };
}

import type { JWTHeaderParameters } from "jose";
import type { Clock } from "@tintype/core/ports/clock";
import type { TokenClaims } from "../ports.ts";
import { refuseToken } from "../token_refusal.ts";
import type { TokenAlgorithm, TokenSettings } from "../token_settings.ts";
import type { RemoteKeys } from "./remote_keys.ts";
import { openJwt } from "./signed_jwt.ts";
import { claimFaults, tokenClaimsOf, TOLERANCE_SECONDS } from "./token_claims.ts";

/** Which tokens are taken. */
interface TokenVerifierOptions {
  readonly keys: Pick<RemoteKeys, "find">;
  readonly settings: TokenSettings;
  readonly clock: Clock;
}

/** An access token's (RFC 9068, section 2.1), or left open. */
const TYPES = new Set([undefined, "jwt", "at+jwt", "application/at+jwt"]);

/**
 * Makes the check of access tokens (RFC 8725, RFC 9068). Whatever is wrong, the response is the same `unauthenticated`:
 * a caller with a bad token learns nothing more. Throws `unavailable` where the issuer's keys cannot be had.
 */
export function makeTokenVerifier(
  { keys, settings, clock }: TokenVerifierOptions,
): (token: string) => Promise<TokenClaims> {
  const keyOf = async ({ kid, alg }: JWTHeaderParameters): Promise<CryptoKey> => {
    if (kid !== undefined && typeof kid !== "string") throw refuseToken("key");
    // jose has compared it with the algorithms that are taken.
    const key = await keys.find(kid, alg as TokenAlgorithm);
    if (key !== undefined) return key;
    throw refuseToken("key", `No key of the issuer has kid ${kid ?? "(none)"} for ${alg}`);
  };
  return async (token) => {
    const nowMs = clock.now();
    const payload = await openJwt(token, {
      keyOf,
      isType: (typ) => TYPES.has(typ),
      options: {
        algorithms: settings.TOKEN_ALGORITHMS,
        issuer: settings.ISSUER,
        audience: settings.AUDIENCE,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(nowMs),
      },
      faultsOf: (claims) => claimFaults(claims, settings, nowMs),
    });
    return tokenClaimsOf(payload, settings);
  };
}

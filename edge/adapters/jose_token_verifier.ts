import { base64url, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from "jose";
import { AppError } from "@tintype/core/errors";
import { isTenant } from "@tintype/core/model/tenant";
import type { Clock } from "@tintype/core/ports/clock";
import type { TokenClaims } from "../ports.ts";
import { shapeOf } from "../json_shape.ts";
import { type RemoteKeys, TOKEN_ALGORITHMS, type TokenAlgorithm } from "./remote_keys.ts";

/** Which tokens are taken. */
interface TokenVerifierOptions {
  readonly keys: Pick<RemoteKeys, "find">;
  readonly issuer: string;
  readonly audience: string;
  /** The claim that holds the tenant. */
  readonly tenantClaim: string;
  readonly clock: Clock;
}

const MAX_TOKEN_CHARACTERS = 8_192;
const TOLERANCE_SECONDS = 30;
const MAX_SUBJECT_CHARACTERS = 256;
/** Compact serialization (RFC 7515, section 3.1), base64url without padding. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Headers by which a token would name its own key (RFC 7515, section 4.1). */
const KEY_HEADERS = ["jwk", "jku", "x5u", "x5c"] as const;
const decoder = new TextDecoder();
const TYPES = new Set(["jwt", "at+jwt", "application/at+jwt"]);

/**
 * Makes the check of access tokens (RFC 8725, RFC 9068). Whatever is wrong, the answer is the same `unauthenticated`:
 * a caller with a bad token learns nothing more. Throws `unavailable` where the issuer's keys cannot be had.
 */
export function makeTokenVerifier(
  options: TokenVerifierOptions,
): (token: string) => Promise<TokenClaims> {
  const { issuer, audience, tenantClaim, keys, clock } = options;
  return async (token) => {
    if (token.length > MAX_TOKEN_CHARACTERS || !COMPACT.test(token)) throw refused();
    const { payload, protectedHeader } = await jwtVerify(token, keyFinder(keys), {
      algorithms: Object.keys(TOKEN_ALGORITHMS),
      issuer,
      audience,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(clock.now()),
      requiredClaims: ["iss", "aud", "exp", "iat", "sub", tenantClaim, "scope"],
    }).catch((error: unknown) => {
      throw error instanceof errors.JOSEError || error instanceof TypeError
        ? refused(error)
        : error;
    });
    if (!isOurHeader(protectedHeader) || claimsTwice(token) || isRespelled(token)) throw refused();
    return claimsOf(payload, options);
  };
}

function keyFinder(keys: Pick<RemoteKeys, "find">) {
  return async ({ kid, alg }: JWTHeaderParameters): Promise<CryptoKey> => {
    if (!isTokenAlgorithm(alg) || (kid !== undefined && typeof kid !== "string")) throw refused();
    const key = await keys.find(kid, alg);
    if (key === undefined) throw refused();
    return key;
  };
}

function isTokenAlgorithm(alg: string): alg is TokenAlgorithm {
  return Object.hasOwn(TOKEN_ALGORITHMS, alg);
}

function isOurHeader(header: JWTHeaderParameters): boolean {
  if (KEY_HEADERS.some((name) => header[name] !== undefined) || header.crit !== undefined) {
    return false;
  }
  // jose hands on what the token holds: a type may be any JSON value.
  const typ: unknown = header.typ;
  return typ === undefined || (typeof typ === "string" && TYPES.has(typ.toLowerCase()));
}

/** Whether header or payload name something twice: parsers disagree on which one counts (RFC 8725, section 2.6). */
function claimsTwice(token: string): boolean {
  return token.split(".", 2).some((part) =>
    shapeOf(decoder.decode(base64url.decode(part))).namesTwice
  );
}

/** Whether the signature, the one part that nothing signs, has spare bits that are not zeros (RFC 4648, section 3.5). */
function isRespelled(token: string): boolean {
  const signature = token.slice(token.lastIndexOf(".") + 1);
  return base64url.encode(base64url.decode(signature)) !== signature;
}

function claimsOf(
  payload: JWTPayload,
  { audience, tenantClaim, clock }: Omit<TokenVerifierOptions, "keys">,
): TokenClaims {
  const { aud, sub, iat, exp, nbf, scope } = payload;
  const tenant = payload[tenantClaim];
  if (aud !== audience || !areWhole(iat, exp) || (nbf !== undefined && !areWhole(nbf))) {
    throw refused();
  }
  if (iat === undefined || exp === undefined || iat > clock.now() / 1_000 + TOLERANCE_SECONDS) {
    throw refused();
  }
  if (typeof sub !== "string" || sub === "" || sub.length > MAX_SUBJECT_CHARACTERS) throw refused();
  // Many texts that are no Unicode have the same bytes, and so the same pseudonym.
  if (!sub.isWellFormed()) throw refused();
  if (typeof tenant !== "string" || !isTenant(tenant)) throw refused();
  if (typeof scope !== "string") throw refused();
  return {
    tenant,
    subject: sub,
    scopes: new Set(scope.split(" ").filter((name) => name !== "")),
    expiresAtMs: (exp + TOLERANCE_SECONDS) * 1_000,
  };
}

function areWhole(...dates: readonly unknown[]): boolean {
  return dates.every((date) => Number.isSafeInteger(date));
}

function refused(cause?: unknown): AppError {
  return new AppError("unauthenticated", "The access token is not valid here", { cause });
}

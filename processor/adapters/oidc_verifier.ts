import { AppError } from "@tintype/core/errors";
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from "jose";

/** Who may call: the service account, and the audience that its token must name. */
interface Caller {
  readonly audience: string;
  readonly email: string;
}

/** Checks an `Authorization` header; throws `unauthenticated`, `forbidden` or `unavailable`. */
export type CallerVerifier = (authorization: string | undefined, caller: Caller) => Promise<void>;

const ISSUERS = ["https://accounts.google.com", "accounts.google.com"];
const MAX_TOKEN_CHARACTERS = 8_192;
const CLOCK_TOLERANCE_SECONDS = 30;
const KEYS = { cacheMaxAge: 3_600_000, cooldownDuration: 30_000, timeoutDuration: 5_000 } as const;
const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** Failures of the token itself; every other failure is one of getting the keys. */
const TOKEN_FAULTS: readonly string[] = [
  errors.JWTClaimValidationFailed.code,
  errors.JWTExpired.code,
  errors.JWTInvalid.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
];

/**
 * Checks the OIDC tokens that Pub/Sub and Cloud Scheduler send
 * (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions): signature by RS256, issuer, audience, time,
 * and the verified e-mail of a service account. Throws `unauthenticated`, `forbidden` where the account is another
 * one, and `unavailable` where the keys, which are at `keysUrl`, cannot be had.
 */
export function createOidcVerifier(keysUrl: URL): CallerVerifier {
  const getKey = createRemoteJWKSet(keysUrl, KEYS);
  return async (authorization, { audience, email }) => {
    const token = BEARER.exec(authorization ?? "")?.[1];
    if (token === undefined || token.length > MAX_TOKEN_CHARACTERS) {
      throw unauthenticated("a bearer token must be given");
    }
    const claims = await readClaims(token, { getKey, audience });
    if (claims["email"] !== email || claims["email_verified"] !== true) {
      throw new AppError("forbidden", "Cannot take this call as another account must make it");
    }
  };
}

async function readClaims(
  token: string,
  { getKey, audience }: { readonly getKey: JWTVerifyGetKey; readonly audience: string },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, getKey, {
      algorithms: ["RS256"],
      issuer: ISSUERS,
      audience,
      requiredClaims: ["exp", "iat", "sub", "email"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JOSEError && TOKEN_FAULTS.includes(cause.code)) {
      throw unauthenticated("the token is not valid", cause);
    }
    throw new AppError("unavailable", "Cannot check the token as its issuer does not answer", {
      cause,
    });
  }
}

function unauthenticated(reason: string, cause?: unknown): AppError {
  return new AppError("unauthenticated", `Cannot take this call as ${reason}`, { cause });
}

import { errors, type JWTHeaderParameters, jwtVerify } from "jose";
import { AppError } from "@tintype/core/errors";
import type { Clock } from "@tintype/core/ports/clock";
import type { PushVerifier } from "../ports.ts";
import type { RemoteKeys } from "./remote_keys.ts";

/** Who may push, and to which address. */
interface PushVerifierOptions {
  readonly keys: Pick<RemoteKeys, "find">;
  /** The e-mail of the service account whose token Pub/Sub sends. */
  readonly account: string;
  readonly audience: string;
  readonly clock: Clock;
}

const ISSUERS = ["https://accounts.google.com", "accounts.google.com"];
const BEARER = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;
const MAX_TOKEN_CHARACTERS = 8_192;
const TOLERANCE_SECONDS = 30;

/**
 * Makes the check of the OIDC tokens that Pub/Sub sends (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions):
 * RS256, issuer, audience, time and the verified e-mail. Throws `unauthenticated`, and `unavailable` where Google's keys
 * cannot be had.
 */
export function makePushVerifier(
  { keys, account, audience, clock }: PushVerifierOptions,
): PushVerifier {
  const findKey = async ({ kid }: JWTHeaderParameters): Promise<CryptoKey> => {
    const key = await keys.find(typeof kid === "string" ? kid : "", "RS256");
    if (key === undefined) throw refused();
    return key;
  };
  return async (authorization) => {
    const token = BEARER.exec(authorization ?? "")?.[1];
    if (token === undefined || token.length > MAX_TOKEN_CHARACTERS) throw refused();
    const { payload } = await jwtVerify(token, findKey, {
      algorithms: ["RS256"],
      issuer: ISSUERS,
      audience,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(clock.now()),
      requiredClaims: ["exp", "iat", "sub", "email"],
    }).catch((error: unknown) => {
      throw error instanceof errors.JOSEError || error instanceof TypeError
        ? refused(error)
        : error;
    });
    if (payload["email"] !== account || payload["email_verified"] !== true) throw refused();
  };
}

function refused(cause?: unknown): AppError {
  return new AppError("unauthenticated", "The identity token is not valid here", { cause });
}

import { AppError } from "@tintype/core/errors";

/** Why a token is refused: a closed list for the log. The caller learns none of it. */
export const REFUSAL_REASONS = {
  no_token: "The request has no Authorization header",
  authorization: "The Authorization header is not Bearer, one space and one token",
  malformed: "It is no JWT in compact serialization of at most 8 KiB",
  header: "Its header has another type, a key or a critical extension",
  algorithm: "Its algorithm is not one of those that are taken",
  key: "No key of the issuer has its key id and algorithm",
  signature: "The signature is not of that key",
  issuer: "Its issuer is another",
  audience: "It is meant for another audience",
  subject: "Its subject is missing, longer than 256 characters or not Unicode",
  tenant: "Its tenant is missing or not of its form",
  scope: "It has no scopes",
  times: "A time in it is missing or not a number",
  expired: "It has ended",
  not_yet: "It was made or begins in the future",
  life: "It lives longer than tokens may",
  revoked: "The grant was revoked",
} as const;

/** Why a token is refused. */
export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** One thing that is wrong with a token; `detail` may quote it, and is for who holds it alone. */
export interface TokenFault {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** The cause of `unauthenticated`. */
class TokenRefusal extends Error {
  override readonly name = "TokenRefusal";
  readonly fault: TokenFault;

  constructor(fault: TokenFault) {
    super(fault.reason);
    this.fault = fault;
  }
}

/** The error of a token that is refused: the same for whatever reason, which its cause has for the log. */
export function refuseToken(reason: RefusalReason, detail: string = REFUSAL_REASONS[reason]) {
  const message = reason === "no_token"
    ? "An access token is needed"
    : "The access token is not valid here";
  const cause = new TokenRefusal({ reason, detail });
  return new AppError("unauthenticated", message, { cause });
}

/** What is wrong with the token that an error refuses; undefined for every other error. */
export function tokenFaultOf(error: unknown): TokenFault | undefined {
  const cause = error instanceof AppError ? error.cause : undefined;
  return cause instanceof TokenRefusal ? cause.fault : undefined;
}

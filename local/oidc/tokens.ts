/** The tokens of both services, each an answer to a checked request, and who may have them. */
import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { ALGORITHMS, type KeyRing } from "./key_ring.ts";

/** Every right that a client needs for its own images. */
const DEFAULT_SCOPE = "images:read images:write images:delete";

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;

/** Whom a token is for; a negative `ttlSeconds` makes one that has already ended. */
export const accessTokenSchema = z.strictObject({
  sub: z.string().min(1).max(256),
  tenant: z.string().min(1).max(256),
  scope: z.string().max(1_024).default(DEFAULT_SCOPE),
  ttlSeconds: z.int().min(-DAY_SECONDS).max(30 * DAY_SECONDS).default(HOUR_SECONDS),
  alg: z.enum(ALGORITHMS).default("ES256"),
  /** Further claims. */
  claims: z.record(z.string(), z.json()).default({}),
});

/** Which service account asks, and for whom the token is meant. */
export const identityTokenSchema = z.strictObject({
  audience: z.string().min(1).max(2_048),
  email: z.email(),
});

/** What tokens are made with. */
export interface Issuer {
  readonly keys: KeyRing;
  /** The provider's own address without a slash at the end: the `iss` claim of access tokens. */
  readonly issuer: () => string;
}

/** Makes an access token for the audience `tintype` (RFC 6749, section 5.1, gives the answer's shape). */
export async function issueAccessToken(
  { keys, issuer }: Issuer,
  { ttlSeconds, alg, claims: more, ...who }: z.infer<typeof accessTokenSchema>,
) {
  const exp = nowSeconds() + ttlSeconds;
  const iat = Math.min(nowSeconds(), exp - 1);
  const claims = { iss: issuer(), aud: "tintype", ...who, iat, exp, jti: randomUUID(), ...more };
  const token = await keys.sign(claims, alg);
  return { access_token: token, token_type: "Bearer", expires_in: ttlSeconds };
}

/** Makes the OIDC token that Google's metadata server gives a service account (format `full`), valid for an hour. */
export async function issueIdentityToken(
  { keys }: Issuer,
  { audience, email }: z.infer<typeof identityTokenSchema>,
) {
  const iat = nowSeconds();
  // A service account's numeric id has 21 digits; here it is derived from its address.
  const digest = createHash("sha256").update(email).digest("hex").slice(0, 16);
  const id = `1${BigInt(`0x${digest}`).toString().padStart(20, "0")}`;
  const account = { azp: id, email, email_verified: true, sub: id };
  const life = { iat, exp: iat + HOUR_SECONDS };
  const claims = { iss: "https://accounts.google.com", aud: audience, ...account, ...life };
  return { id_token: await keys.sign(claims, "google"), expires_in: HOUR_SECONDS };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

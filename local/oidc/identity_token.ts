import { createHash } from "node:crypto";
import * as z from "zod";
import type { KeyRing } from "./key_ring.ts";

/** Which service account asks, and for whom the token is meant. */
export const identityTokenSchema = z.strictObject({
  audience: z.string().min(1).max(2_048),
  email: z.email(),
});

const TTL_SECONDS = 3_600;

/** Makes the OIDC token that Google's metadata server gives a service account (format `full`), valid for an hour. */
export async function issueIdentityToken(
  { audience, email }: z.infer<typeof identityTokenSchema>,
  keys: KeyRing,
  nowMs: number,
) {
  const iat = Math.floor(nowMs / 1_000);
  const id = accountIdOf(email);
  const claims = {
    iss: "https://accounts.google.com",
    aud: audience,
    azp: id,
    email,
    email_verified: true,
    sub: id,
    iat,
    exp: iat + TTL_SECONDS,
  };
  return { id_token: await keys.sign(claims, "google"), expires_in: TTL_SECONDS };
}

/** A service account's numeric id: 21 digits, here derived from its address. */
function accountIdOf(email: string): string {
  const digest = createHash("sha256").update(email).digest("hex").slice(0, 16);
  return `1${BigInt(`0x${digest}`).toString().padStart(20, "0")}`;
}

/** Tokens that no issuer of ours made. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

const { privateKey: RSA } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const { privateKey: EC } = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A token with these claims under a key of our own; `none` signs nothing. */
export function forgedToken(
  alg: "RS256" | "ES256" | "none",
  { kid, claims }: { readonly kid: string; readonly claims: object },
): string {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const payload = { iat: nowSeconds, exp: nowSeconds + 600, ...claims };
  const text = [{ alg, kid, typ: "JWT" }, payload].map(base64Json).join(".");
  return `${text}.${signatures[alg](Buffer.from(text))}`;
}

const signatures = {
  RS256: (text: Uint8Array) => signWith(RSA, text),
  ES256: (text: Uint8Array) => signWith(EC, text),
  none: () => "",
} as const;

function signWith(key: KeyObject, text: Uint8Array): string {
  return sign("sha256", text, { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

function base64Json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

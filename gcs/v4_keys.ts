import type { V4Scope } from "./v4_canonical.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" } as const;
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const encoder = new TextEncoder();

/** The root of an HMAC key's chain: "GOOG4" and the secret. */
export function importHmacSecret(secret: string): Promise<CryptoKey> {
  return importHmacBytes(new Uint8Array(encoder.encode(`GOOG4${secret}`)));
}

/**
 * The HMAC key of one day and region: root → day → region → `storage` → `goog4_request`
 * (https://cloud.google.com/storage/docs/authentication/signatures#derive-key).
 */
export async function deriveHmacKey(root: CryptoKey, scope: V4Scope): Promise<CryptoKey> {
  let key = root;
  for (const part of [scope.day, scope.region, "storage", "goog4_request"]) {
    key = await importHmacBytes(await signWith(key, part));
  }
  return key;
}

/** Reads a PKCS #8 private key in PEM; throws TypeError where it is not one. */
export function importRsaPrivateKey(pem: string): Promise<CryptoKey> {
  return importRsaKey(pem, { format: "pkcs8", label: "PRIVATE KEY", usage: "sign" });
}

/** Reads an SPKI public key in PEM; throws TypeError where it is not one. */
export function importRsaPublicKey(pem: string): Promise<CryptoKey> {
  return importRsaKey(pem, { format: "spki", label: "PUBLIC KEY", usage: "verify" });
}

async function importRsaKey(
  pem: string,
  { format, label, usage }: { format: "pkcs8" | "spki"; label: string; usage: "sign" | "verify" },
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey(format, pemBytes(pem, label), RSA, false, [usage]);
  } catch (cause) {
    const kind = format === "spki" ? "an SPKI public key" : "a PKCS #8 private key";
    throw new TypeError(`Cannot import signing key: it must be ${kind} in PEM`, { cause });
  }
}

/** Signs a text with an HMAC or an RSA key. */
export async function signWith(key: CryptoKey, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const signature = await crypto.subtle.sign(key.algorithm.name, key, encoder.encode(text));
  return new Uint8Array(signature);
}

/** Whether a signature is the text's, for an HMAC (in constant time) or an RSA key. */
export function verifyWith(
  key: CryptoKey,
  signature: Uint8Array<ArrayBuffer>,
  text: string,
): Promise<boolean> {
  return crypto.subtle.verify(key.algorithm.name, key, signature, encoder.encode(text));
}

function importHmacBytes(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign", "verify"]);
}

function pemBytes(pem: string, label: string): Uint8Array<ArrayBuffer> {
  const body = pem.match(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`)?.[1];
  if (body === undefined) throw new SyntaxError(`no ${label} block`);
  return Uint8Array.from(atob(body.replace(/\s/g, "")), (char) => char.charCodeAt(0));
}

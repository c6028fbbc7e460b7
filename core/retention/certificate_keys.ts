/** Ed25519 keys of certificates (RFC 8032), in the PEM that `openssl genpkey` and `openssl pkey -pubout` write. */
import { AppError } from "../errors.ts";
import { hexOf } from "../hex.ts";

/** Signs bytes; returns 128 characters of lower-case hex. */
export type SignBytes = (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;

/** Whether one of the auditor's public keys made a signature. */
export type VerifyBytes = (bytes: Uint8Array<ArrayBuffer>, signature: string) => Promise<boolean>;

const ALGORITHM = "Ed25519";
const HEX_PAIR = /[0-9a-f]{2}/g;

/** Opens a private key (PKCS #8); throws `invalid_config` for anything else. */
export async function openSigningKey(pem: string): Promise<SignBytes> {
  const [der, ...more] = blocksOf(pem, "PRIVATE KEY");
  if (der === undefined || more.length > 0) throw invalidKey("expected one PRIVATE KEY in PEM");
  const key = await imported(crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]));
  return async (bytes) => hexOf(new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, bytes)));
}

/** Opens one or more public keys, those of before a rotation too; throws `invalid_config` where there is none. */
export async function openPublicKeys(pem: string): Promise<VerifyBytes> {
  const blocks = blocksOf(pem, "PUBLIC KEY");
  if (blocks.length === 0) throw invalidKey("expected at least one PUBLIC KEY in PEM");
  const keys = await Promise.all(
    blocks.map((der) =>
      imported(crypto.subtle.importKey("spki", der, ALGORITHM, false, ["verify"]))
    ),
  );
  return async (bytes, signature) => {
    const raw = Uint8Array.from(signature.match(HEX_PAIR) ?? [], (pair) => parseInt(pair, 16));
    for (const key of keys) {
      if (await crypto.subtle.verify(ALGORITHM, key, raw, bytes)) return true;
    }
    return false;
  };
}

function blocksOf(pem: string, label: string): Uint8Array<ArrayBuffer>[] {
  const pattern = new RegExp(
    `-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`,
    "g",
  );
  return [...pem.matchAll(pattern)].map(([, base64 = ""]) =>
    Uint8Array.from(atob(base64.replaceAll(/\s/g, "")), (character) => character.charCodeAt(0))
  );
}

/** Without a cause, which may quote the key. */
async function imported(key: Promise<CryptoKey>): Promise<CryptoKey> {
  return await key.catch(() => {
    throw invalidKey("it is not an Ed25519 key");
  });
}

function invalidKey(why: string): AppError {
  return new AppError("invalid_config", `Cannot use certificate key: ${why}`);
}

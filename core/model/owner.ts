import { AppError } from "../errors.ts";
import type { Tenant } from "./tenant.ts";

declare const brand: unique symbol;

/** The pseudonym of an image's owner: 20 characters of lower-case base32. */
export type Owner = string & { readonly [brand]: "Owner" };

/** A secret that turns subjects into pseudonyms; opened once by {@link importPseudonymKey}. */
export type PseudonymKey = CryptoKey;

const PATTERN = /^[a-z2-7]{20}$/;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"; // RFC 4648, section 6, in lower case
const LENGTH = 20;
const BITS_PER_CHARACTER = 5;

/** Whether `value` is an owner's pseudonym. */
export function isOwner(value: string): value is Owner {
  return PATTERN.test(value);
}

/** Parses an owner's pseudonym; throws `invalid_request` where it is not one. */
export function parseOwner(value: string): Owner {
  if (isOwner(value)) return value;
  throw new AppError(
    "invalid_request",
    "Cannot read owner as it must be 20 characters of [a-z2-7]",
  );
}

/** Opens a pseudonym key from its secret text (at least 32 characters); throws `invalid_config` when shorter. */
export async function importPseudonymKey(secret: string): Promise<PseudonymKey> {
  if (secret.length < 32) {
    throw new AppError(
      "invalid_config",
      "Cannot use pseudonym key as it must have at least 32 characters",
    );
  }
  const bytes = new TextEncoder().encode(secret);
  return await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
}

/**
 * The pseudonym of `subject` in `tenant`: the first 20 characters of the lower-case base32 of
 * HMAC-SHA-256(key, tenant + "\n" + subject), so that no user identity leaves the door.
 */
export async function pseudonymize(
  key: PseudonymKey,
  tenant: Tenant,
  subject: string,
): Promise<Owner> {
  const message = new TextEncoder().encode(`${tenant}\n${subject}`);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
  return parseOwner(base32(digest).slice(0, LENGTH));
}

function base32(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = "";
  for (const byte of bytes) {
    held = (held << 8 | byte) & 0xffff;
    bits += 8;
    while (bits >= BITS_PER_CHARACTER) {
      bits -= BITS_PER_CHARACTER;
      text += ALPHABET.charAt(held >> bits & 31);
    }
  }
  return text;
}

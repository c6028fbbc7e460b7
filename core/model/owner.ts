import { AppError } from "../errors.ts";
import { hexOf } from "../hex.ts";
import type { DaySalt } from "./day_salts.ts";
import { hmac, hmacKey } from "./hmac.ts";
import type { Tenant } from "./tenant.ts";

declare const brand: unique symbol;

/** The pseudonym of an image's owner on one day: 20 characters of lower-case base32. */
export type Owner = string & { readonly [brand]: "Owner" };

/** The pseudonym of one caller on the UTC day of a time; throws `unavailable` where the day has no salt. */
export type OwnerAt = (timeMs: number) => Promise<Owner>;

/** The secrets that turn subjects into pseudonyms, by number. */
export type PseudonymKeys = ReadonlyMap<number, CryptoKey>;

const PATTERN = /^[a-z2-7]{20}$/;
/** RFC 4648, section 6, in lower case; the first character of an owner is its shard. */
export const OWNER_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 20;
const BITS_PER_CHARACTER = 5;
const MIN_SECRET_LENGTH = 32;
const MAX_SUBJECT_CHARACTERS = 256;

/** Whether `value` is an owner's pseudonym. */
export function isOwner(value: string): value is Owner {
  return PATTERN.test(value);
}

/** Whether `value` names somebody: 1 to 256 characters of well-formed Unicode, as many other texts have the same bytes. */
export function isSubject(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_SUBJECT_CHARACTERS &&
    value.isWellFormed();
}

/** Parses an owner's pseudonym; throws `invalid_request` where it is not one. */
export function parseOwner(value: string): Owner {
  if (isOwner(value)) return value;
  throw new AppError(
    "invalid_request",
    "Cannot read owner as it must be 20 characters of [a-z2-7]",
  );
}

/**
 * Opens the pseudonym keys, `{"1": "secret", …}` as JSON: numbers from 1 and secrets of at least 32 characters.
 * Throws `invalid_config` for anything else.
 */
export async function parsePseudonymKeys(text: string): Promise<PseudonymKeys> {
  const keys = new Map<number, CryptoKey>();
  for (const [number, secret] of Object.entries(parseObject(text))) {
    if (!/^[1-9][0-9]{0,5}$/.test(number)) throw invalidKeys(`${number} is not a number from 1`);
    if (typeof secret !== "string" || secret.length < MIN_SECRET_LENGTH) {
      throw invalidKeys(`key ${number} must be a text of at least ${MIN_SECRET_LENGTH} characters`);
    }
    keys.set(Number(number), await hmacKey(secret));
  }
  if (keys.size === 0) throw invalidKeys("there must be at least one key");
  return keys;
}

/**
 * The pseudonym of `subject` in `tenant` on one day: the first 20 characters of the lower-case base32 of
 * HMAC-SHA-256(pseudonym key, salt + tenant + "\n" + subject). Throws `invalid_request` for a subject that is not
 * well-formed Unicode, as many such texts have the same bytes, and `unavailable` where the day's key is not there.
 */
export async function deriveOwner(
  keys: PseudonymKeys,
  { salt, pseudonymKey }: DaySalt,
  { tenant, subject }: { readonly tenant: Tenant; readonly subject: string },
): Promise<Owner> {
  if (!subject.isWellFormed()) {
    throw new AppError("invalid_request", "Cannot derive owner: the subject is not Unicode text");
  }
  const key = keys.get(pseudonymKey);
  if (key === undefined) {
    throw new AppError(
      "unavailable",
      `Cannot derive owner: pseudonym key ${pseudonymKey} is missing`,
    );
  }
  return parseOwner(base32(await hmac(key, `${salt}${tenant}\n${subject}`)).slice(0, LENGTH));
}

/** HMAC-SHA-256 of a file's SHA-256 under its day's salt, as lower-case hex: what stands for the file in rows. */
export async function contentKeyOf({ salt }: DaySalt, sha256: string): Promise<string> {
  return hexOf(await hmac(await hmacKey(salt), sha256));
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Without a cause: it would quote the secrets.
  }
  throw invalidKeys('they must be a JSON object {"1": "secret", …}');
}

function invalidKeys(why: string): AppError {
  return new AppError("invalid_config", `Cannot use pseudonym keys: ${why}`);
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
      text += OWNER_ALPHABET.charAt(held >> bits & 31);
    }
  }
  return text;
}

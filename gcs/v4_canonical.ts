/**
 * The two texts behind a V4 signature of Cloud Storage, built the same way at both ends:
 * `v4_signer` makes them from a request to allow and signs, `v4_verifier` from a received request and checks.
 * Rules: https://cloud.google.com/storage/docs/authentication/canonical-requests
 */
import { hexOf } from "./hex.ts";

/** The signature algorithms: a service account's HMAC key, or its RSA key. */
export const V4_ALGORITHMS = ["GOOG4-HMAC-SHA256", "GOOG4-RSA-SHA256"] as const;

/** A signature algorithm. */
export type V4Algorithm = typeof V4_ALGORITHMS[number];

/** What a signing key is bound to, beside service and purpose. */
export interface V4Scope {
  /** UTC, `yyyymmdd`. */
  readonly day: string;
  /** `auto`, or a bucket's location. */
  readonly region: string;
}

/** Names and values: what `Headers`, `Map` and `Object.entries` all are. */
export type Pairs = Iterable<readonly [string, string]>;

/** The longest life of a signed URL, in seconds: a week. */
export const MAX_EXPIRES_SECONDS = 604_800;

/** The header that puts the body's SHA-256 under the signature. */
export const CONTENT_SHA256_HEADER = "x-goog-content-sha256";

const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
const encoder = new TextEncoder();

/** Percent-encodes everything but RFC 3986's unreserved characters. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Percent-encodes a path and keeps its slashes. */
export function encodePath(path: string): string {
  return percentEncode(path).replaceAll("%2F", "/");
}

/** The query, percent-encoded and sorted by name, then by value; no `?` before it. */
export function canonicalQuery(parameters: Pairs): string {
  return Array.from(parameters, ([name, value]) => [percentEncode(name), percentEncode(value)])
    .sort(([a = "", x = ""], [b = "", y = ""]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Headers by lower-case name, sorted, white space trimmed and collapsed, values of one name joined by a comma. */
export function canonicalHeaders(headers: Pairs): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const clean = value.replace(/\s+/g, " ").trim();
    const before = values.get(key);
    values.set(key, before === undefined ? clean : `${before},${clean}`);
  }
  return new Map([...values].sort(([a], [b]) => compare(a, b)));
}

/** What a canonical request is made of. */
export interface CanonicalParts {
  readonly method: string;
  /** Percent-encoded. */
  readonly path: string;
  /** As {@link canonicalQuery} makes it, without the signature. */
  readonly query: string;
  /** The signed ones, as {@link canonicalHeaders} makes them. */
  readonly headers: ReadonlyMap<string, string>;
}

/** The canonical request; its payload is `x-goog-content-sha256` where that header is signed, else not signed. */
export function canonicalRequestOf({ method, path, query, headers }: CanonicalParts): string {
  const lines = Array.from(headers, ([name, value]) => `${name}:${value}\n`).join("");
  const payload = headers.get(CONTENT_SHA256_HEADER) ?? UNSIGNED_PAYLOAD;
  return `${method}\n${path}\n${query}\n${lines}\n${signedHeaderNames(headers)}\n${payload}`;
}

/** The names of the signed headers, joined by semicolons. */
export function signedHeaderNames(headers: ReadonlyMap<string, string>): string {
  return [...headers.keys()].join(";");
}

/** What a signature says about itself. */
export interface SigningContext {
  readonly algorithm: V4Algorithm;
  /** `yyyymmddThhmmssZ`. */
  readonly timestamp: string;
  readonly scope: V4Scope;
}

/** The text that is signed: algorithm, time, scope and SHA-256 of the canonical request. */
export async function stringToSignOf(
  { algorithm, timestamp, scope }: SigningContext,
  canonicalRequest: string,
): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(canonicalRequest));
  return `${algorithm}\n${timestamp}\n${scopeText(scope)}\n${hexOf(new Uint8Array(digest))}`;
}

/** `yyyymmdd/region/storage/goog4_request`. */
export function scopeText({ day, region }: V4Scope): string {
  return `${day}/${region}/storage/goog4_request`;
}

/** A time in milliseconds as `yyyymmddThhmmssZ`, UTC; throws RangeError where it is no time. */
export function timestampOf(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

/** A host without its port: Google signs the bare name. */
export function bareHost(authority: string): string {
  return authority.replace(/:\d+$/, "").toLowerCase();
}

/** Orders by UTF-16 code unit: the order of bytes for the ASCII that is compared here. */
function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

import {
  bareHost,
  canonicalHeaders,
  canonicalQuery,
  canonicalRequestOf,
  CONTENT_SHA256_HEADER,
  encodePath,
  type Pairs,
  stringToSignOf,
} from "./v4_canonical.ts";
import { readClaims, type V4Claims } from "./v4_claims.ts";
import { deriveHmacKey, importHmacSecret, importRsaPublicKey, verifyWith } from "./v4_keys.ts";
import { V4Rejected } from "./v4_rejected.ts";

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string;
  /** Absolute, or path and query; not normalised. */
  readonly url: string;
  /** `Headers`, a `Map`, or `Object.entries` of a record; without `host` the URL's is taken. */
  readonly headers: Pairs;
}

/** The key behind an access id. */
export type V4Key =
  | { readonly type: "hmac"; readonly secret: string; readonly email: string }
  | { readonly type: "rsa"; readonly publicKeyPem: string; readonly email: string };

/** What a verification stands on. */
export interface VerifyOptions {
  /** The key of an HMAC access id or of a service account's email; undefined where there is none. */
  readonly findKey: (accessId: string) => V4Key | undefined | Promise<V4Key | undefined>;
  readonly nowMs: number;
}

/** Who signed a request that is allowed. */
export interface V4Identity {
  readonly accessId: string;
  readonly email: string;
  /** What the body's SHA-256 must be (as signed in `x-goog-content-sha256`); undefined where any body will do. */
  readonly contentSha256: string | undefined;
}

/** How far a signer's clock may be ahead, and how old an `Authorization` header may be. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.";

/**
 * Checks the V4 signature of a request, in its query or in `Authorization: GOOG4-…`, as Cloud Storage does;
 * an `x-goog-` header that is not signed counts as a mismatch. Throws {@link V4Rejected}.
 */
export async function verifySignedRequest(
  request: ReceivedRequest,
  { findKey, nowMs }: VerifyOptions,
): Promise<V4Identity> {
  const { authority, path, query } = readTarget(request.url);
  const headers = canonicalHeaders(request.headers);
  const host = headers.get("host") ?? authority;
  headers.set("host", bareHost(host));
  const claims = readClaims(query, headers);
  checkTime(claims, nowMs);
  const key = await findKey(claims.accessId);
  if (key === undefined || !matchesAlgorithm(key, claims)) {
    throw new V4Rejected("InvalidSecurity", "The access id is unknown.");
  }
  const signed = signedOf(headers, claims);
  const textsWith = async (signedHost: string) => {
    const canonicalRequest = canonicalRequestOf({
      method: request.method,
      path,
      query: canonicalQuery(query.filter(([name]) => name.toLowerCase() !== "x-goog-signature")),
      headers: new Map(
        [...signed].map(([name, value]) => [name, name === "host" ? signedHost : value]),
      ),
    });
    return { canonicalRequest, stringToSign: await stringToSignOf(claims, canonicalRequest) };
  };
  const texts = await textsWith(bareHost(host));
  const unsigned = unsignedExtension(headers, signed);
  if (unsigned !== undefined) {
    const details = `Header ${unsigned} was in the request, but not in signedheaders.`;
    throw new V4Rejected("SignatureDoesNotMatch", details, texts);
  }
  const imported = await importKey(key, claims);
  const isOver = ({ stringToSign }: typeof texts) =>
    verifyWith(imported, claims.signature, stringToSign);
  // Some of Google's clients sign the port of an endpoint; Google's own has none.
  if (!await isOver(texts) && !await isOver(await textsWith(host.toLowerCase()))) {
    throw new V4Rejected("SignatureDoesNotMatch", MISMATCH, texts);
  }
  const contentSha256 = signed.get(CONTENT_SHA256_HEADER);
  return { accessId: claims.accessId, email: key.email, contentSha256 };
}

/** Authority, canonical path and decoded query of a URL; read by hand, as `URL` would resolve dots and encode anew. */
function readTarget(url: string) {
  const [, authority = "", path = "", query = ""] =
    /^(?:https?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? [];
  return {
    authority,
    path: encodePath(decode(path || "/")),
    query: query.split("&").filter((part) => part !== "").map(readParameter),
  };
}

function readParameter(part: string): [string, string] {
  // A plus is a space, as for whoever reads the query after us: what is signed is what is done.
  const [name = "", ...value] = part.replaceAll("+", " ").split("=");
  return [decode(name), decode(value.join("="))];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new V4Rejected("InvalidArgument", "The URL is not percent-encoded UTF-8.");
  }
}

function checkTime(claims: V4Claims, nowMs: number): void {
  const { signedAtMs, expiresSeconds } = claims;
  if (signedAtMs > nowMs + MAX_SKEW_MS) {
    throw new V4Rejected("RequestTimeTooSkewed", "x-goog-date lies in the future.");
  }
  if (expiresSeconds === undefined) {
    if (nowMs <= signedAtMs + MAX_SKEW_MS) return;
    throw new V4Rejected("RequestTimeTooSkewed", "x-goog-date is too old.");
  }
  const endMs = signedAtMs + expiresSeconds * 1000;
  if (nowMs <= endMs) return;
  throw new V4Rejected(
    "ExpiredToken",
    `Request signature expired at: ${new Date(endMs).toISOString()}`,
  );
}

/** The signed headers with their values, sorted; throws where one is not in the request. */
function signedOf(
  headers: ReadonlyMap<string, string>,
  { signedHeaders }: V4Claims,
): ReadonlyMap<string, string> {
  const missing = signedHeaders.find((name) => !headers.has(name));
  if (missing !== undefined) {
    throw new V4Rejected(
      "MalformedSecurityHeader",
      `Header was included in signedheaders, but not in the request. ParameterName: ${missing}`,
    );
  }
  return canonicalHeaders(
    [...headers].filter(([name]) => signedHeaders.includes(name)),
  );
}

function unsignedExtension(
  headers: ReadonlyMap<string, string>,
  signed: ReadonlyMap<string, string>,
): string | undefined {
  return [...headers.keys()].find((name) => name.startsWith("x-goog-") && !signed.has(name));
}

function matchesAlgorithm(key: V4Key, { algorithm }: V4Claims): boolean {
  return algorithm === (key.type === "hmac" ? "GOOG4-HMAC-SHA256" : "GOOG4-RSA-SHA256");
}

async function importKey(key: V4Key, { scope }: V4Claims): Promise<CryptoKey> {
  if (key.type === "rsa") return importRsaPublicKey(key.publicKeyPem);
  return deriveHmacKey(await importHmacSecret(key.secret), scope);
}

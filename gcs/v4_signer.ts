import { hexOf } from "./hex.ts";
import {
  bareHost,
  canonicalHeaders,
  canonicalQuery,
  canonicalRequestOf,
  encodePath,
  MAX_EXPIRES_SECONDS,
  scopeText,
  signedHeaderNames,
  stringToSignOf,
  timestampOf,
  type V4Algorithm,
  type V4Scope,
} from "./v4_canonical.ts";
import { deriveHmacKey, importHmacSecret, importRsaPrivateKey, signWith } from "./v4_keys.ts";

/** Who signs, and how. */
export interface V4Signer {
  readonly algorithm: V4Algorithm;
  /** An HMAC key's access id, or a service account's email. */
  readonly accessId: string;
  /** Signs a text in the scope that it names. */
  sign(text: string, scope: V4Scope): Promise<Uint8Array>;
}

/** The request that a signed URL allows. */
export interface V4Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** `https://storage.googleapis.com`, or where an emulator listens; no path. */
  readonly endpoint: string;
  /** Percent-encoded, as {@link objectPath} makes it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Signed, so the caller must send them as they are; `host` is added. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** 1 to 604,800 (a week). */
  readonly expiresSeconds: number;
}

/** When a URL is signed, and for which region (`auto` where it is not given). */
export interface SignOptions {
  readonly nowMs: number;
  readonly region?: string | undefined;
}

/** A URL with its signature, and the headers (lower-case names) that its user must send. */
export interface SignedUrl {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A URL before its signature, and the texts that are signed. */
interface UrlDraft extends SignedUrl {
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly scope: V4Scope;
}

/** A service account's HMAC key. */
interface HmacKey {
  readonly accessId: string;
  readonly secret: string;
}

/** A service account's RSA key. */
interface RsaKey {
  readonly email: string;
  readonly privateKeyPem: string;
}

/** A signer by a service account's HMAC key; keeps the derived key of the day. */
export async function importHmacSigner({ accessId, secret }: HmacKey): Promise<V4Signer> {
  const root = await importHmacSecret(secret);
  // The key is kept, never its promise: a Worker must not await what another request began.
  let kept: (V4Scope & { readonly key: CryptoKey }) | undefined;
  const keyOf = async (scope: V4Scope) => {
    if (kept?.day === scope.day && kept.region === scope.region) return kept.key;
    const key = await deriveHmacKey(root, scope);
    kept = { ...scope, key };
    return key;
  };
  return {
    algorithm: "GOOG4-HMAC-SHA256",
    accessId,
    sign: async (text, scope) => signWith(await keyOf(scope), text),
  };
}

/** A signer by a service account's RSA key (PKCS #8 in PEM); throws TypeError where it is not one. */
export async function importRsaSigner({ email, privateKeyPem }: RsaKey): Promise<V4Signer> {
  const key = await importRsaPrivateKey(privateKeyPem);
  return { algorithm: "GOOG4-RSA-SHA256", accessId: email, sign: (text) => signWith(key, text) };
}

/** Signs a URL that allows exactly one request until it expires; throws RangeError where the request cannot be signed. */
export async function signUrl(
  signer: V4Signer,
  request: V4Request,
  options: SignOptions,
): Promise<SignedUrl> {
  const { url, headers, stringToSign, scope } = await draftUrl(signer, request, options);
  const signature = await signer.sign(stringToSign, scope);
  return { url: `${url}&X-Goog-Signature=${hexOf(signature)}`, headers };
}

/** Everything of a signed URL but its signature; throws RangeError where the request cannot be signed. */
export async function draftUrl(
  signer: Pick<V4Signer, "algorithm" | "accessId">,
  request: V4Request,
  { nowMs, region = "auto" }: SignOptions,
): Promise<UrlDraft> {
  checkExpiry(request.expiresSeconds);
  const { method, path } = request;
  const { origin, host } = placeOf(request.endpoint);
  const timestamp = timestampOf(nowMs);
  const scope = { day: timestamp.slice(0, 8), region };
  const signed = canonicalHeaders(Object.entries({ ...request.headers, host }));
  const query = canonicalQuery(Object.entries({
    ...request.query,
    "X-Goog-Algorithm": signer.algorithm,
    "X-Goog-Credential": `${signer.accessId}/${scopeText(scope)}`,
    "X-Goog-Date": timestamp,
    "X-Goog-Expires": String(request.expiresSeconds),
    "X-Goog-SignedHeaders": signedHeaderNames(signed),
  }));
  const canonicalRequest = canonicalRequestOf({ method, path, query, headers: signed });
  const stringToSign = await stringToSignOf(
    { algorithm: signer.algorithm, timestamp, scope },
    canonicalRequest,
  );
  const { host: _, ...headers } = Object.fromEntries(signed);
  return { url: `${origin}${path}?${query}`, headers, canonicalRequest, stringToSign, scope };
}

/** The XML API's path of a bucket or an object, percent-encoded. */
export function objectPath(bucket: string, object?: string): string {
  return encodePath(object === undefined ? `/${bucket}` : `/${bucket}/${object}`);
}

/** Origin and bare host of an endpoint; throws RangeError where it is none. */
function placeOf(endpoint: string) {
  const [, scheme, authority] = /^(https?):\/\/([^/?#@\s]+)\/?$/.exec(endpoint) ?? [];
  if (scheme === undefined || authority === undefined) {
    throw new RangeError("Cannot sign URL: endpoint must be http(s)://host[:port]");
  }
  return { origin: `${scheme}://${authority}`, host: bareHost(authority) };
}

function checkExpiry(expiresSeconds: number): void {
  if (Number.isInteger(expiresSeconds) && expiresSeconds >= 1) {
    if (expiresSeconds <= MAX_EXPIRES_SECONDS) return;
  }
  throw new RangeError(
    `Cannot sign URL: expiresSeconds must be an integer from 1 to ${MAX_EXPIRES_SECONDS} (got ${expiresSeconds})`,
  );
}

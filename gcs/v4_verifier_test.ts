import assert from "node:assert/strict";
import { test } from "node:test";
import { hexOf } from "./hex.ts";
import { findTestKey, signerOf, TEST_KEYS, V4_VECTORS } from "./testdata/v4_vectors.ts";
import {
  canonicalHeaders,
  canonicalRequestOf,
  stringToSignOf,
  timestampOf,
} from "./v4_canonical.ts";
import { V4Rejected, type V4RejectionCode } from "./v4_rejected.ts";
import { objectPath, signUrl, type V4Request } from "./v4_signer.ts";
import { type ReceivedRequest, type VerifyOptions, verifySignedRequest } from "./v4_verifier.ts";

const NOW_MS = Date.parse("2026-03-14T15:09:26Z");
const MINUTE_MS = 60_000;
const HEADERS = { "content-type": "image/jpeg", "x-goog-resumable": "start" };
const REQUEST: V4Request = {
  method: "POST",
  endpoint: "http://localhost:9023",
  path: objectPath("tintype-raw", "2026-03-14/acme/a b"),
  query: { prefix: "a+b c", marker: "m" },
  headers: HEADERS,
  expiresSeconds: 60,
};

for (const vector of V4_VECTORS) {
  test(`verifySignedRequest() accepts the known URL (${vector.description})`, async () => {
    const identity = await verify({
      method: vector.request.method,
      url: vector.url,
      headers: Object.entries(vector.headers),
    }, { nowMs: Date.parse(vector.signedAt) });
    assert.equal(identity.email, TEST_KEYS[vector.key].email);
    assert.equal(identity.contentSha256, vector.headers["x-goog-content-sha256"]);
  });
}

/** What is done to a good request (and its check) before it arrives. */
interface Attack {
  readonly name: string;
  readonly code: V4RejectionCode;
  readonly url?: (url: string) => string;
  readonly request?: Partial<ReceivedRequest>;
  readonly options?: Partial<VerifyOptions>;
}

const other = { type: "hmac", secret: "another secret", email: "e" } as const;
const mismatch = "SignatureDoesNotMatch";
const malformed = "MalformedSecurityHeader";

const ATTACKS: readonly Attack[] = [
  { name: "another method", code: mismatch, request: { method: "PUT" } },
  { name: "another object", code: mismatch, url: (url) => url.replace("/acme/", "/evil/") },
  { name: "another bucket", code: mismatch, url: (url) => url.replace("/tintype-raw/", "/x/") },
  { name: "a doubled slash", code: mismatch, url: (url) => url.replace("/acme/", "//acme/") },
  { name: "a dot segment", code: mismatch, url: (url) => url.replace("/acme/", "/x/../acme/") },
  { name: "another query value", code: mismatch, url: (url) => url.replace("=m&", "=n&") },
  { name: "a plus bared to a space", code: mismatch, url: (url) => url.replace("a%2Bb", "a+b") },
  { name: "one parameter more", code: mismatch, url: (url) => `${url}&acl=` },
  { name: "one parameter twice", code: mismatch, url: (url) => `${url}&marker=m` },
  { name: "one parameter less", code: mismatch, url: (url) => url.replace("&marker=m", "") },
  {
    name: "two signatures",
    code: "InvalidArgument",
    url: (url) => `${url}&x-goog-signature=00`,
  },
  {
    name: "a longer life, appended",
    code: "InvalidArgument",
    url: (url) => `${url}&X-Goog-Expires=600`,
  },
  { name: "a longer life", code: mismatch, url: (url) => url.replace("Expires=60", "Expires=600") },
  { name: "another host", code: mismatch, url: (url) => url.replace("localhost", "127.0.0.1") },
  {
    name: "another signed header",
    code: mismatch,
    request: { headers: Object.entries({ ...HEADERS, "content-type": "text/html" }) },
  },
  {
    name: "a signed header twice",
    code: mismatch,
    request: { headers: [...Object.entries(HEADERS), ["Content-Type", "text/html"]] },
  },
  {
    name: "a signed header left out",
    code: malformed,
    request: { headers: Object.entries({ "x-goog-resumable": "start" }) },
  },
  {
    name: "an unsigned x-goog- header",
    code: mismatch,
    request: { headers: Object.entries({ ...HEADERS, "X-Goog-Meta-Source": "kafka" }) },
  },
  {
    name: "a signed header struck from the list",
    code: mismatch,
    url: (url) => url.replace("content-type%3B", ""),
    request: { headers: Object.entries({ "x-goog-resumable": "start" }) },
  },
  {
    name: "host struck from the signed headers",
    code: malformed,
    url: (url) => url.replace("content-type%3Bhost%3B", "content-type%3B"),
  },
  {
    name: "an upper-case name among the signed headers",
    code: malformed,
    url: (url) => url.replace("content-type%3B", "Content-Type%3B"),
  },
  {
    name: "a line break among the signed headers",
    code: malformed,
    url: (url) => url.replace("content-type%3B", "content-type%0A%3B"),
  },
  { name: "one second after its end", code: "ExpiredToken", options: at(61_000) },
  { name: "one millisecond after its end", code: "ExpiredToken", options: at(60_001) },
  {
    name: "a date over 15 minutes ahead",
    code: "RequestTimeTooSkewed",
    options: at(-15 * MINUTE_MS - 1),
  },
  {
    name: "a date further ahead than the skew allowed",
    code: "RequestTimeTooSkewed",
    options: { ...at(-2_000), maxSkewMs: 1_000 },
  },
  { name: "another key", code: mismatch, options: { findKey: () => other } },
  { name: "an unknown key", code: "InvalidSecurity", options: { findKey: () => undefined } },
  {
    name: "a key of the other kind",
    code: "InvalidSecurity",
    options: { findKey: () => findTestKey(TEST_KEYS.rsa.email) },
  },
  {
    name: "a life of 604801 seconds",
    code: malformed,
    url: (url) => url.replace("Expires=60", "Expires=604801"),
  },
  { name: "a life of 0", code: malformed, url: (url) => url.replace("Expires=60", "Expires=0") },
  {
    name: "a life of 6e1",
    code: malformed,
    url: (url) => url.replace("Expires=60", "Expires=6e1"),
  },
  { name: "no life", code: malformed, url: (url) => url.replace("&X-Goog-Expires=60", "") },
  {
    name: "a date that is none",
    code: malformed,
    url: (url) => url.replaceAll("20260314", "20260231"),
  },
  {
    name: "a date of another form",
    code: malformed,
    url: (url) => url.replace("20260314T150926Z", "20260314T150926%2B0000"),
  },
  {
    name: "a credential of another day",
    code: malformed,
    url: (url) => url.replace("%2F20260314%2F", "%2F20260313%2F"),
  },
  {
    name: "a credential for another service",
    code: malformed,
    url: (url) => url.replace("%2Fstorage%2F", "%2Fcompute%2F"),
  },
  {
    name: "a credential for another purpose",
    code: malformed,
    url: (url) => url.replace("goog4_request", "aws4_request"),
  },
  {
    name: "another region",
    code: mismatch,
    url: (url) => url.replace("%2Fauto%2F", "%2Feu%2F"),
  },
  {
    name: "an unknown algorithm",
    code: malformed,
    url: (url) => url.replace("GOOG4-HMAC-SHA256", "GOOG4-NONE"),
  },
  {
    name: "a signature in upper-case hex",
    code: malformed,
    url: (url) => url.replace(/[0-9a-f]+$/, (hex) => hex.toUpperCase()),
  },
  { name: "half a signature", code: mismatch, url: (url) => url.slice(0, -32) },
  { name: "an odd signature", code: malformed, url: (url) => url.slice(0, -1) },
  { name: "an empty signature", code: malformed, url: (url) => url.replace(/[0-9a-f]+$/, "") },
  {
    name: "one bit of the signature turned",
    code: mismatch,
    url: (url) => url.slice(0, -1) + (Number.parseInt(url.slice(-1), 16) ^ 1).toString(16),
  },
  { name: "no signature at all", code: "AccessDenied", url: (url) => url.replace(/\?.*/, "") },
  {
    name: "a path that is not percent-encoded UTF-8",
    code: "InvalidArgument",
    url: (url) => url.replace("a%20b", "a%ffb"),
  },
];

for (const { name, code, url = unchanged, request, options } of ATTACKS) {
  test(`verifySignedRequest() refuses ${name} with ${code}`, async () => {
    const good = await goodRequest();
    const changed = url(good.url);
    assert(changed !== good.url || request !== undefined || options !== undefined);
    await assert.rejects(
      verify({ ...good, url: changed, ...request }, options),
      (error) => {
        assert(error instanceof V4Rejected, String(error));
        assert.equal(error.code, code, error.details);
        assert.equal(error.texts === undefined, code !== mismatch);
        return true;
      },
    );
  });
}

const HARMLESS: readonly (readonly [string, (good: ReceivedRequest) => ReceivedRequest])[] = [
  ["nothing changed", (good) => good],
  ["path and query only, with a host header", (good) => ({
    ...good,
    url: good.url.replace("http://localhost:9023", ""),
    headers: [...good.headers, ["Host", "localhost:9023"]],
  })],
  ["lower-case percent-encoding", (good) => ({
    ...good,
    url: good.url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  })],
  ["a plus for a space in the query", (good) => ({
    ...good,
    url: good.url.replace("%20c", "+c"),
  })],
  ["parameters in another order", (good) => ({
    ...good,
    url: good.url.replace("&marker=m", "") + "&marker=m",
  })],
  ["headers in another order, case and spacing, and an unsigned one", (good) => ({
    ...good,
    headers: [["X-GOOG-RESUMABLE", " start"], ["Content-Type", "image/jpeg  "], ["Accept", "*/*"]],
  })],
  ["a Headers object", (good) => ({ ...good, headers: new Headers(HEADERS) })],
];

for (const [name, change] of HARMLESS) {
  test(`verifySignedRequest() accepts ${name}`, async () => {
    const identity = await verify(change(await goodRequest()));
    assert.equal(identity.accessId, TEST_KEYS.hmac.accessId);
  });
}

test("verifySignedRequest() accepts until the last millisecond and 15 minutes ahead", async () => {
  const good = await goodRequest();
  assert(await verify(good, at(60_000)));
  assert(await verify(good, at(-15 * MINUTE_MS)));
});

test("verifySignedRequest() says what it signed where signatures differ", async () => {
  const vector = V4_VECTORS[0];
  assert(vector);
  const url = vector.url.replace(/.$/, (digit) => digit === "0" ? "1" : "0");
  const request = { method: vector.request.method, url, headers: Object.entries(vector.headers) };
  await assert.rejects(verify(request, { nowMs: Date.parse(vector.signedAt) }), {
    code: "SignatureDoesNotMatch",
    status: 403,
    texts: { canonicalRequest: vector.canonicalRequest, stringToSign: vector.stringToSign },
  });
});

test("verifySignedRequest() accepts an Authorization header for 15 minutes, and only with its date", async () => {
  const request = await authorizedRequest();
  assert.equal((await verify(request, at(15 * MINUTE_MS))).email, TEST_KEYS.rsa.email);
  await assert.rejects(verify(request, at(15 * MINUTE_MS + 1)), { code: "RequestTimeTooSkewed" });
  await assert.rejects(verify({ ...request, method: "GET" }), { code: mismatch });
  const dateless = [...request.headers].filter(([name]) => name !== "x-goog-date");
  await assert.rejects(verify({ ...request, headers: dateless }), { code: malformed });
});

async function goodRequest(): Promise<ReceivedRequest> {
  const signer = await signerOf({ key: "hmac" });
  const { url, headers } = await signUrl(signer, REQUEST, { nowMs: NOW_MS });
  return { method: REQUEST.method, url, headers: Object.entries(headers) };
}

async function authorizedRequest(): Promise<ReceivedRequest> {
  const signer = await signerOf({ key: "rsa" });
  const timestamp = timestampOf(NOW_MS);
  const scope = { day: timestamp.slice(0, 8), region: "auto" };
  const headers = canonicalHeaders([["host", "h"], ["x-goog-date", timestamp]]);
  const canonical = canonicalRequestOf({ method: "DELETE", path: "/b/o", query: "", headers });
  const text = await stringToSignOf({ ...signer, timestamp, scope }, canonical);
  const signature = hexOf(await signer.sign(text, scope));
  const credential = `${signer.accessId}/${scope.day}/auto/storage/goog4_request`;
  const authorization =
    `${signer.algorithm} Credential=${credential}, SignedHeaders=host;x-goog-date, Signature=${signature}`;
  return { method: "DELETE", url: "/b/o", headers: [...headers, ["authorization", authorization]] };
}

function verify(request: ReceivedRequest, options: Partial<VerifyOptions> = {}) {
  return verifySignedRequest(request, { findKey: findTestKey, nowMs: NOW_MS, ...options });
}

function at(laterMs: number): { readonly nowMs: number } {
  return { nowMs: NOW_MS + laterMs };
}

function unchanged(url: string): string {
  return url;
}

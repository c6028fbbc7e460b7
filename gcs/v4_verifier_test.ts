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

type Change = (good: ReceivedRequest) => ReceivedRequest;

const inUrl = (from: string | RegExp, to: string): Change => (good) => ({
  ...good,
  url: good.url.replace(from, to),
});
const withHeaders = (headers: Readonly<Record<string, string>>): Change => (good) => ({
  ...good,
  headers: Object.entries(headers),
});
const RESUMABLE = { "x-goog-resumable": "start" };

/** What is done to a good request before it arrives, by the code that refuses it. */
const FORGED: Partial<Record<V4RejectionCode, readonly (readonly [name: string, Change])[]>> = {
  SignatureDoesNotMatch: [
    ["another method", (good) => ({ ...good, method: "PUT" })],
    ["another object", inUrl("/acme/", "/evil/")],
    ["another bucket", inUrl("/tintype-raw/", "/x/")],
    ["a doubled slash", inUrl("/acme/", "//acme/")],
    ["a dot segment", inUrl("/acme/", "/x/../acme/")],
    ["another query value", inUrl("=m&", "=n&")],
    ["a plus bared to a space", inUrl("a%2Bb", "a+b")],
    ["one parameter more", inUrl(/$/, "&acl=")],
    ["one parameter twice", inUrl(/$/, "&marker=m")],
    ["one parameter less", inUrl("&marker=m", "")],
    ["a longer life", inUrl("Expires=60", "Expires=600")],
    ["another host", inUrl("localhost", "127.0.0.1")],
    ["another region", inUrl("%2Fauto%2F", "%2Feu%2F")],
    ["half a signature", inUrl(/.{32}$/, "")],
    ["one bit of the signature turned", ({ url, ...good }) => ({
      ...good,
      url: url.slice(0, -1) + (Number.parseInt(url.slice(-1), 16) ^ 1).toString(16),
    })],
    ["another signed header", withHeaders({ ...HEADERS, "content-type": "text/html" })],
    ["a signed header twice", withHeaders({ ...HEADERS, "Content-Type": "text/html" })],
    ["an unsigned x-goog- header", withHeaders({ ...HEADERS, "X-Goog-Meta-Source": "kafka" })],
    [
      "a signed header struck from the list",
      (good) => withHeaders(RESUMABLE)(inUrl("content-type%3B", "")(good)),
    ],
  ],
  InvalidArgument: [
    ["two signatures", inUrl(/$/, "&x-goog-signature=00")],
    ["a longer life, appended", inUrl(/$/, "&X-Goog-Expires=600")],
    ["a path that is not percent-encoded UTF-8", inUrl("a%20b", "a%ffb")],
  ],
  AccessDenied: [["no signature at all", inUrl(/\?.*/, "")]],
  MalformedSecurityHeader: [
    ["a signed header left out", withHeaders(RESUMABLE)],
    ["host struck from the signed headers", inUrl("content-type%3Bhost%3B", "content-type%3B")],
    ["an upper-case name among the signed headers", inUrl("content-type%3B", "Content-Type%3B")],
    ["a line break among the signed headers", inUrl("content-type%3B", "content-type%0A%3B")],
    ["a life of 604801 seconds", inUrl("Expires=60", "Expires=604801")],
    ["a life of 0", inUrl("Expires=60", "Expires=0")],
    ["a life of 6e1", inUrl("Expires=60", "Expires=6e1")],
    ["no life", inUrl("&X-Goog-Expires=60", "")],
    ["a date that is none", inUrl(/20260314/g, "20260231")],
    ["a date of another form", inUrl("20260314T150926Z", "20260314T150926%2B0000")],
    ["a credential of another day", inUrl("%2F20260314%2F", "%2F20260313%2F")],
    ["a credential for another service", inUrl("%2Fstorage%2F", "%2Fcompute%2F")],
    ["a credential for another purpose", inUrl("goog4_request", "aws4_request")],
    ["an unknown algorithm", inUrl("GOOG4-HMAC-SHA256", "GOOG4-NONE")],
    ["a signature in upper-case hex", ({ url, ...good }) => ({
      ...good,
      url: url.replace(/[0-9a-f]+$/, (hex) => hex.toUpperCase()),
    })],
    ["an odd signature", inUrl(/.$/, "")],
    ["an empty signature", inUrl(/[0-9a-f]+$/, "")],
  ],
};

/** A good request that is checked at another time, or by another key. */
const UNTIMELY: readonly (readonly [name: string, V4RejectionCode, Partial<VerifyOptions>])[] = [
  ["one second after its end", "ExpiredToken", at(61_000)],
  ["one millisecond after its end", "ExpiredToken", at(60_001)],
  ["a date over 15 minutes ahead", "RequestTimeTooSkewed", at(-15 * MINUTE_MS - 1)],
  ["another key", "SignatureDoesNotMatch", {
    findKey: () => ({ type: "hmac", secret: "another secret", email: "e" }),
  }],
  ["an unknown key", "InvalidSecurity", { findKey: () => undefined }],
  ["a key of the other kind", "InvalidSecurity", {
    findKey: () => findTestKey(TEST_KEYS.rsa.email),
  }],
];

for (const [code, forged] of Object.entries(FORGED)) {
  for (const [name, change] of forged) {
    test(`verifySignedRequest() refuses ${name} with ${code}`, async () => {
      const good = await goodRequest();
      const changed = change(good);
      assert.notDeepEqual(changed, good);
      await assertRejected(verify(changed), code);
    });
  }
}

for (const [name, code, options] of UNTIMELY) {
  test(`verifySignedRequest() refuses ${name} with ${code}`, async () => {
    await assertRejected(verify(await goodRequest(), options), code);
  });
}

const BAD_REQUESTS = ["ExpiredToken", "InvalidArgument", "MalformedSecurityHeader"];

async function assertRejected(verifying: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(verifying, (error) => {
    assert(error instanceof V4Rejected, String(error));
    assert.equal(error.code, code, error.details);
    assert.equal(error.status, BAD_REQUESTS.includes(code) ? 400 : 403);
    assert.equal(error.texts === undefined, code !== "SignatureDoesNotMatch");
    return true;
  });
}

const HARMLESS: readonly (readonly [string, Change])[] = [
  ["nothing changed", (good) => good],
  ["path and query only, with a host header", (good) => ({
    ...inUrl("http://localhost:9023", "")(good),
    headers: [...good.headers, ["Host", "localhost:9023"]],
  })],
  ["lower-case percent-encoding", (good) => ({
    ...good,
    url: good.url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  })],
  ["a plus for a space in the query", inUrl("%20c", "+c")],
  ["parameters in another order", (good) => inUrl(/$/, "&marker=m")(inUrl("&marker=m", "")(good))],
  [
    "headers in another order, case and spacing, and an unsigned one",
    withHeaders({ "X-GOOG-RESUMABLE": " start", "Content-Type": "image/jpeg  ", "Accept": "*/*" }),
  ],
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
  await assert.rejects(verify({ ...request, method: "GET" }), { code: "SignatureDoesNotMatch" });
  const dateless = [...request.headers].filter(([name]) => name !== "x-goog-date");
  await assert.rejects(verify({ ...request, headers: dateless }), {
    code: "MalformedSecurityHeader",
  });
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

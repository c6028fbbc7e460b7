import assert from "node:assert/strict";
import { test } from "node:test";
import { signerOf, TEST_KEYS, V4_VECTORS } from "./testdata/v4_vectors.ts";
import {
  draftUrl,
  importHmacSigner,
  importRsaSigner,
  objectPath,
  signUrl,
  type V4Request,
} from "./v4_signer.ts";

const NOW_MS = Date.parse("2026-03-14T15:09:26Z");
const REQUEST: V4Request = {
  method: "GET",
  endpoint: "https://storage.googleapis.com",
  path: "/b/o",
  expiresSeconds: 60,
};

for (const vector of V4_VECTORS) {
  test(`signUrl() makes the known URL (${vector.description})`, async () => {
    const signer = await signerOf(vector);
    const options = { nowMs: Date.parse(vector.signedAt), region: vector.region };
    const draft = await draftUrl(signer, vector.request, options);
    assert.equal(draft.canonicalRequest, vector.canonicalRequest);
    assert.equal(draft.stringToSign, vector.stringToSign);
    assert.deepEqual(await signUrl(signer, vector.request, options), {
      url: vector.url,
      headers: vector.headers,
    });
  });
}

test("signUrl() signs with the key of each day and region, whichever came before", async () => {
  const kept = await importHmacSigner(TEST_KEYS.hmac);
  for (
    const [dayOffset, region] of [[0, "auto"], [0, "auto"], [1, "auto"], [0, "auto"], [
      0,
      "eu",
    ]] as const
  ) {
    const options = { nowMs: NOW_MS + dayOffset * 86_400_000, region };
    const fresh = await importHmacSigner(TEST_KEYS.hmac);
    const expected = await signUrl(fresh, REQUEST, options);
    assert.deepEqual(await signUrl(kept, REQUEST, options), expected);
  }
});

test("signUrl() signs many requests at once, of two days, each as if it were alone", async () => {
  const shared = await importHmacSigner(TEST_KEYS.hmac);
  const days = [0, 1, 0, 1].map((day) => ({ nowMs: NOW_MS + day * 86_400_000 }));
  const together = await Promise.all(days.map((options) => signUrl(shared, REQUEST, options)));
  for (const [index, options] of days.entries()) {
    const fresh = await importHmacSigner(TEST_KEYS.hmac);
    assert.equal(together[index]?.url, (await signUrl(fresh, REQUEST, options)).url);
  }
});

test("signUrl() returns the headers to send by lower-case name, without host", async () => {
  const signer = await importHmacSigner(TEST_KEYS.hmac);
  const headers = { "X-Goog-Resumable": "start", "Content-Type": "  image/jpeg " };
  const signed = await signUrl(signer, { ...REQUEST, headers }, { nowMs: NOW_MS });
  assert.deepEqual(signed.headers, { "content-type": "image/jpeg", "x-goog-resumable": "start" });
});

for (const expiresSeconds of [0, -1, 1.5, 604_801, NaN]) {
  test(`signUrl() refuses a life of ${expiresSeconds} seconds`, async () => {
    const signer = await importHmacSigner(TEST_KEYS.hmac);
    await assert.rejects(
      signUrl(signer, { ...REQUEST, expiresSeconds }, { nowMs: NOW_MS }),
      (error) => error instanceof RangeError && error.message.includes("604800"),
    );
  });
}

for (const endpoint of ["storage.googleapis.com", "https://", "https://h/path", "ftp://h"]) {
  test(`signUrl() refuses the endpoint ${endpoint}`, async () => {
    const signer = await importHmacSigner(TEST_KEYS.hmac);
    await assert.rejects(signUrl(signer, { ...REQUEST, endpoint }, { nowMs: NOW_MS }), RangeError);
  });
}

for (
  const [what, privateKeyPem] of [
    ["no PEM", "secret"],
    ["a public key", TEST_KEYS.rsa.publicKeyPem],
    ["a broken key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
  ] as const
) {
  test(`importRsaSigner() refuses ${what} without showing it`, async () => {
    await assert.rejects(
      importRsaSigner({ email: "e", privateKeyPem }),
      (error) =>
        error instanceof TypeError && /^Cannot import signing key/.test(error.message) &&
        !error.message.includes(privateKeyPem),
    );
  });
}

test("objectPath() percent-encodes all but slashes", () => {
  assert.equal(objectPath("b", "2026-01-02/a b/é+?#'"), "/b/2026-01-02/a%20b/%C3%A9%2B%3F%23%27");
  assert.equal(objectPath("b"), "/b");
});

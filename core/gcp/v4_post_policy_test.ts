import assert from "node:assert/strict";
import { test } from "node:test";
import { signerOf, TEST_KEYS } from "./testdata/v4_vectors.ts";
import { importRsaPublicKey, verifyWith } from "./v4_keys.ts";
import { signPostPolicy } from "./v4_post_policy.ts";

test("signPostPolicy() signs a policy that holds fields, conditions and end, in ASCII", async () => {
  const { url, fields } = await signPostPolicy(await signerOf({ key: "rsa" }), {
    endpoint: "http://localhost:9023",
    bucket: "tintype-raw",
    object: "é😀",
    fields: { "content-type": "image/jpeg" },
    conditions: [["content-length-range", 1, 10]],
    expiresSeconds: 90,
  }, { nowMs: Date.parse("2026-03-14T23:59:00Z") });
  assert.equal(url, "http://localhost:9023/tintype-raw/");
  const { policy = "", "x-goog-signature": signature = "", ...rest } = fields;
  assert.match(atob(policy), /^[\x20-\x7e]+$/);
  assert.deepEqual(JSON.parse(atob(policy)), {
    conditions: [
      ["content-length-range", 1, 10],
      { "content-type": "image/jpeg" },
      { bucket: "tintype-raw" },
      { key: "é😀" },
      { "x-goog-date": "20260314T235900Z" },
      {
        "x-goog-credential": `${TEST_KEYS.rsa.email}/20260314/auto/storage/goog4_request`,
      },
      { "x-goog-algorithm": "GOOG4-RSA-SHA256" },
    ],
    expiration: "2026-03-15T00:00:30Z",
  });
  assert.equal(rest["key"], "é😀");
  const bytes = Uint8Array.from(signature.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
  const key = await importRsaPublicKey(TEST_KEYS.rsa.publicKeyPem);
  assert(await verifyWith(key, bytes, policy));
});

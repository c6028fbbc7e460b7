import assert from "node:assert/strict";
import { test } from "node:test";
import { portableHashing } from "./portable_hashing.ts";

const bytes = new TextEncoder().encode("123456789");

test("crc32c() gives the check value of RFC 3720 in big-endian base64", () => {
  assert.equal(portableHashing.crc32c(bytes), btoa("\xe3\x06\x92\x83"));
});

test("sha256() gives lower-case hex", async () => {
  assert.equal(
    await portableHashing.sha256(bytes),
    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
  );
});

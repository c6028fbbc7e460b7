import assert from "node:assert/strict";
import { test } from "node:test";
import { digestsOf } from "./digests.ts";

test("digestsOf() gives the check values of RFC 3720 and FIPS 180-4", async () => {
  assert.equal((await digestsOf(new Blob(["123456789"]))).crc32c, btoa("\xe3\x06\x92\x83"));
  assert.deepEqual(await digestsOf(new Blob([])), {
    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    crc32c: "AAAAAA==",
  });
});

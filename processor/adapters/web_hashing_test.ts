import { portableHashing } from "@tintype/core/testing/portable_hashing";
import assert from "node:assert/strict";
import { test } from "node:test";
import { webHashing } from "./web_hashing.ts";

const bytes = Uint8Array.from({ length: 1_003 }, (_, at) => at * 31 & 0xff);

test("webHashing agrees with the reference at every length and offset", async () => {
  for (const length of [0, 1, 7, 8, 9, 64, 1_000]) {
    for (const offset of [0, 3]) {
      const part = bytes.subarray(offset, offset + length);
      assert.equal(webHashing.crc32c(part), portableHashing.crc32c(part), `${offset}+${length}`);
      assert.equal(await webHashing.sha256(part), await portableHashing.sha256(part));
    }
  }
});

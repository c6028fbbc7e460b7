import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { isFinal, parseManifest, serializeManifest } from "./manifest.ts";

const manifest = sampleManifest(sampleRef(), {
  declaredType: "image/png",
  ref: "invoice-7",
  origin: "images/3/41",
});
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test("parseManifest() reads what serializeManifest() writes", () => {
  assert.deepEqual(parseManifest(serializeManifest(manifest)), manifest);
});

test("isFinal() holds for ready and rejected, not for failed", () => {
  assert.equal(isFinal(manifest), true);
  assert.equal(isFinal({ ...manifest, status: "rejected", reason: "corrupt" }), true);
  assert.equal(isFinal({ ...manifest, status: "failed", reason: "dead_lettered" }), false);
});

for (
  const [what, bytes] of [
    ["nothing", new Uint8Array()],
    ["a text that is not JSON", new TextEncoder().encode("{")],
    ["a version to come", encode({ ...manifest, version: 2 })],
    ["an unknown status", encode({ ...manifest, status: "done" })],
    ["an unknown reason", encode({ ...manifest, status: "rejected", reason: "ugly" })],
    ["an unknown source", encode({ ...manifest, source: "fax" })],
    ["a reference that is none", encode({ ...manifest, ref: "invoice 7" })],
    ["an attempt 0", encode({ ...manifest, attempt: 0 })],
    ["a time that is not UTC", encode({ ...manifest, processedAt: "2026-03-14T12:00:00+01:00" })],
  ] as const
) {
  test(`parseManifest() refuses ${what} as a fault of ours`, () => {
    assert.throws(() => parseManifest(bytes), { code: "internal" });
  });
}

test("parseManifest() leaves out a field that a newer processor added", () => {
  assert.deepEqual(parseManifest(encode({ ...manifest, added: "later" })), manifest);
});

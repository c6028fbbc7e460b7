import assert from "node:assert/strict";
import { test } from "node:test";
import { declarationOfMetadata, metadataOfDeclaration } from "./raw_metadata.ts";

const FULL = {
  source: "kafka",
  sha256: "a".repeat(64),
  crc32c: "AAAAAA==",
  size: 52_428_800,
  preset: "square",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
} as const;

test("declarationOfMetadata() reads what metadataOfDeclaration() writes", () => {
  assert.deepEqual(declarationOfMetadata(metadataOfDeclaration(FULL)), FULL);
  assert.equal(metadataOfDeclaration(FULL)["size"], "52428800");
});

test("metadataOfDeclaration() leaves out what was not declared", () => {
  const written = metadataOfDeclaration({ source: "edge", sha256: undefined });
  assert.deepEqual(written, { source: "edge" });
});

test("declarationOfMetadata() treats what is not of its form as if it were not there", () => {
  const odd = {
    source: "someone",
    sha256: "A".repeat(64),
    crc32c: "AAAAAA",
    size: "-1",
    preset: "../x",
    traceparent: "00-1-2-3",
    tenant: "other",
  };
  const { source, ...others } = declarationOfMetadata(odd);
  assert.equal(source, "unknown");
  assert.deepEqual(Object.values(others), Array(5).fill(undefined));
});

for (const size of ["", "01", "1e3", "1.5", " 1", "99999999999999999"]) {
  test(`declarationOfMetadata() reads no size from ${JSON.stringify(size)}`, () => {
    assert.equal(declarationOfMetadata({ size }).size, undefined);
  });
}

test("declarationOfMetadata() takes a later traceparent by its four fields", () => {
  const traceparent = `${FULL.traceparent.replace(/^00/, "01")}-more`;
  assert.equal(declarationOfMetadata({ traceparent }).traceparent, FULL.traceparent);
});

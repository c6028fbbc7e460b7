import assert from "node:assert/strict";
import { test } from "node:test";
import { declarationOfMetadata, metadataOfDeclaration } from "./raw_metadata.ts";

const FULL = {
  source: "kafka",
  sha256: "a".repeat(64),
  crc32c: "AAAAAA==",
  size: 52_428_800,
  preset: "square",
  ref: "Invoice_7.b-2",
  origin: "images.v2/0/9223372036854775807",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
} as const;

test("declarationOfMetadata() reads what metadataOfDeclaration() writes", () => {
  assert.deepEqual(declarationOfMetadata(metadataOfDeclaration(FULL)), FULL);
  assert.equal(metadataOfDeclaration(FULL)["size"], "52428800");
  const written = metadataOfDeclaration({ source: "edge", sha256: undefined });
  assert.deepEqual(written, { source: "edge" }, "without what was not declared");
});

test("declarationOfMetadata() treats what is not of its form as if it were not there", () => {
  const odd = {
    source: "someone",
    sha256: "A".repeat(64),
    crc32c: "AAAAAA",
    size: "-1",
    preset: "../x",
    ref: "invoice 7",
    origin: "images/-1/0",
    traceparent: "00-1-2-3",
    tenant: "other",
  };
  const { source, ...others } = declarationOfMetadata(odd);
  assert.equal(source, "unknown");
  assert.deepEqual(Object.values(others), Array(7).fill(undefined));
});

const REFUSED = {
  size: ["", "01", "1e3", "1.5", " 1", "99999999999999999"],
  ref: ["", "a".repeat(65), "a/b", "r\u00e9f", "a\n"],
  origin: ["images/0", "a b/0/0", "images/0/0/0"],
};

for (const [field, values] of Object.entries(REFUSED)) {
  test(`declarationOfMetadata() takes no ${field} of another form`, () => {
    for (const value of values) {
      const { source: _, ...others } = declarationOfMetadata({ [field]: value });
      assert.deepEqual(Object.values(others), Array(7).fill(undefined), value);
    }
  });
}

test("declarationOfMetadata() takes a later traceparent by its four fields", () => {
  const traceparent = `${FULL.traceparent.replace(/^00/, "01")}-more`;
  assert.equal(declarationOfMetadata({ traceparent }).traceparent, FULL.traceparent);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { declarationOfMetadata, metadataOfDeclaration, traceIdOf } from "./raw_metadata.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const FULL = {
  source: "kafka",
  sha256: "a".repeat(64),
  crc32c: "AAAAAA==",
  size: 52_428_800,
  preset: "square",
  traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
} as const;

test("declarationOfMetadata() reads what metadataOfDeclaration() writes", () => {
  assert.deepEqual(declarationOfMetadata(metadataOfDeclaration(FULL)), FULL);
  assert.equal(metadataOfDeclaration(FULL)["size"], "52428800");
});

test("metadataOfDeclaration() leaves out what was not declared", () => {
  assert.deepEqual(metadataOfDeclaration({ source: "edge", sha256: undefined }), {
    source: "edge",
  });
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
  assert.deepEqual(declarationOfMetadata(odd), {
    source: "edge",
    sha256: undefined,
    crc32c: undefined,
    size: undefined,
    preset: undefined,
    traceparent: undefined,
  });
});

for (const size of ["", "01", "1e3", "1.5", " 1", "99999999999999999"]) {
  test(`declarationOfMetadata() reads no size from ${JSON.stringify(size)}`, () => {
    assert.equal(declarationOfMetadata({ size }).size, undefined);
  });
}

test("traceIdOf() takes the trace id of a W3C traceparent", () => {
  assert.equal(traceIdOf(FULL.traceparent), TRACE_ID);
  assert.equal(traceIdOf(undefined), undefined);
});

for (
  const [what, value] of [
    ["version ff", FULL.traceparent.replace(/^00/, "ff")],
    ["a trace id of zeros", FULL.traceparent.replace(TRACE_ID, "0".repeat(32))],
    ["a parent id of zeros", FULL.traceparent.replace("00f067aa0ba902b7", "0".repeat(16))],
    ["upper case", FULL.traceparent.toUpperCase()],
    ["something behind it", `${FULL.traceparent}-01`],
  ] as const
) {
  test(`traceIdOf() refuses a traceparent with ${what}`, () => {
    assert.equal(traceIdOf(value), undefined);
  });
}

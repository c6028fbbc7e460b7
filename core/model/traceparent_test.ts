import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTraceParent, parseTraceParent } from "./traceparent.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";
const TEXT = `00-${TRACE_ID}-${SPAN_ID}-01`;

test("parseTraceParent() reads what formatTraceParent() writes", () => {
  const parent = { traceId: TRACE_ID, spanId: SPAN_ID, flags: 1 };
  assert.equal(formatTraceParent(parent), TEXT);
  assert.deepEqual(parseTraceParent(TEXT), parent);
});

test("parseTraceParent() takes later versions by their first four fields", () => {
  for (const text of [TEXT.replace(/^00/, "01"), `${TEXT.replace(/^00/, "fe")}-what-comes`]) {
    assert.equal(parseTraceParent(text)?.traceId, TRACE_ID, text);
  }
});

for (
  const [what, value] of [
    ["nothing", undefined],
    ["version ff", TEXT.replace(/^00/, "ff")],
    ["a trace id of zeros", TEXT.replace(TRACE_ID, "0".repeat(32))],
    ["a parent id of zeros", TEXT.replace(SPAN_ID, "0".repeat(16))],
    ["upper case", TEXT.toUpperCase()],
    ["something behind version 00", `${TEXT}-01`],
    ["something behind a later version without a hyphen", `${TEXT.replace(/^00/, "01")}x`],
  ] as const
) {
  test(`parseTraceParent() refuses ${what}`, () => {
    assert.equal(parseTraceParent(value), undefined);
  });
}

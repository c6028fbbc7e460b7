import assert from "node:assert/strict";
import { test } from "node:test";
import { formatContentRange, parseContentRange } from "./content_range.ts";

const bytes = (start: number, end?: number, total?: number, endsHere = false) => ({
  kind: "bytes",
  start,
  end,
  total,
  endsHere,
});

const CASES = [
  { header: "bytes 0-9/100", read: bytes(0, 9, 100) },
  { header: "bytes 90-99/100", read: bytes(90, 99, 100) },
  { header: "bytes 0-9/*", read: bytes(0, 9) },
  { header: "bytes 5-*/100", read: bytes(5, undefined, 100) },
  { header: "bytes 5-*/*", read: bytes(5, undefined, undefined, true) },
  { header: "bytes */100", read: { kind: "query", total: 100 } },
  { header: "bytes */*", read: { kind: "query", total: undefined } },
  { header: undefined, read: bytes(0, undefined, undefined, true) },
  { header: "bytes 9-0/100", read: null },
  { header: "bytes 0-100/100", read: null },
  { header: "bytes -5/100", read: null },
  { header: "items 0-9/100", read: null },
  { header: "", read: null },
];

for (const { header, read } of CASES) {
  test(`parseContentRange() reads ${JSON.stringify(header)}`, () => {
    assert.deepEqual(parseContentRange(header), read);
  });
}

const FORMATS: readonly { put: [number, number, number?]; header: string }[] = [
  { put: [0, 10, 100], header: "bytes 0-9/100" },
  { put: [0, 10], header: "bytes 0-9/*" },
  { put: [100, 100, 100], header: "bytes */100" },
  { put: [0, 0, 0], header: "bytes */0" },
  { put: [10, 10], header: "bytes */*" },
];

for (const { put, header } of FORMATS) {
  test(`formatContentRange() writes ${header}`, () => {
    assert.equal(formatContentRange(...put), header);
  });
}

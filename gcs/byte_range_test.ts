import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHeld, parseByteRange, parseHeld } from "./byte_range.ts";

const HELD: readonly (readonly [header: string | null | undefined, bytes: number])[] = [
  ["bytes=0-0", 1],
  ["bytes=0-262143", 262_144],
  [undefined, 0],
  [null, 0],
  ["bytes=1-9", 0],
  ["bytes=0-", 0],
  ["items=0-9", 0],
  ["bytes=0-9,20-29", 0],
];

for (const [header, bytes] of HELD) {
  test(`parseHeld() reads ${header} as ${bytes} bytes`, () => {
    assert.equal(parseHeld(header), bytes);
    if (bytes > 0) assert.equal(formatHeld(bytes), header);
  });
}

test("formatHeld() names nothing where nothing is held", () => {
  assert.equal(formatHeld(0), undefined);
});

const WANTED: readonly (readonly [string | undefined, ReturnType<typeof parseByteRange>])[] = [
  [undefined, null],
  ["bytes=0-", { start: 0, end: 9 }],
  ["bytes=2-4", { start: 2, end: 4 }],
  ["bytes=8-64", { start: 8, end: 9 }],
  ["bytes=-3", { start: 7, end: 9 }],
  ["bytes=-30", { start: 0, end: 9 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=4-2", null],
  ["bytes=-", null],
  ["bytes=0-1,3-4", null],
];

for (const [header, range] of WANTED) {
  test(`parseByteRange() reads ${header} of ten bytes`, () => {
    assert.deepEqual(parseByteRange(header, 10), range);
  });
}

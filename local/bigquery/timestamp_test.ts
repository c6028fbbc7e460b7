import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMicrosIso, parseTimestampMicros } from "./timestamp.ts";

const CASES = [
  ["2026-11-20T10:00:00.123Z", 1_795_168_800_123_000n],
  ["2026-11-20 10:00:00.123456 UTC", 1_795_168_800_123_456n],
  ["2026-11-20 10:00:00", 1_795_168_800_000_000n],
  ["2026-11-20T12:30:00+02:30", 1_795_168_800_000_000n],
  ["2026-11-20 08:00:00-02", 1_795_168_800_000_000n],
  ["2026-11-20", 1_795_132_800_000_000n],
  ["1795168800.123456", 1_795_168_800_123_456n],
  [1_795_168_800, 1_795_168_800_000_000n],
  [1_795_168_800.5, 1_795_168_800_500_000n],
  [-1, -1_000_000n],
  ["2026-13-40T00:00:00Z", null],
  ["yesterday", null],
  ["", null],
  [Number.NaN, null],
  [1e18, null],
] as const;

for (const [value, micros] of CASES) {
  test(`parseTimestampMicros() reads ${JSON.stringify(value)} as ${micros}`, () => {
    assert.equal(parseTimestampMicros(value), micros);
  });
}

test("formatMicrosIso() writes what parseTimestampMicros() reads, before the epoch too", () => {
  for (const micros of [1_795_168_800_123_456n, 0n, -1n, -62_135_596_800_000_000n]) {
    assert.equal(parseTimestampMicros(formatMicrosIso(micros)), micros);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { durationFlag, durationText, parseDuration } from "./duration.ts";

const DURATIONS = [
  [1_000, "1s", "1 second"],
  [90_000, "90s", "90 seconds"],
  [600_000, "10m", "10 minutes"],
  [3_600_000, "1h", "1 hour"],
  [172_800_000, "2d", "2 days"],
] as const;

for (const [ms, flag, text] of DURATIONS) {
  test(`${ms} ms are ${flag}, ${text}`, () => {
    assert.deepEqual([durationFlag(ms), durationText(ms), parseDuration(flag)], [flag, text, ms]);
  });
}

test("parseDuration() gives NaN for what is no duration", () => {
  for (const text of ["", "soon", "1", "d", "1.5h", "-1s", "1w", "1 d", "1D", "1234567s"]) {
    assert.ok(Number.isNaN(parseDuration(text)), text);
  }
});

test("durations of parts of a second are milliseconds in words, and no flag", () => {
  assert.equal(durationText(1_500), "1500 milliseconds");
  assert.throws(() => durationFlag(1_500), RangeError);
});

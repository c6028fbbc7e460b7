import assert from "node:assert/strict";
import { test } from "node:test";
import { durationText } from "./duration.ts";

test("durationText() writes a duration in its largest whole unit", () => {
  const texts = [1_500, 1_000, 90_000, 600_000, 3_600_000, 90_000_000, 172_800_000].map(
    durationText,
  );
  const units = "1500 milliseconds, 1 second, 90 seconds, 10 minutes, 1 hour, 25 hours, 2 days";
  assert.equal(texts.join(", "), units);
});

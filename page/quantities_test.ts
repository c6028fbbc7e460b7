import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesText, durationText } from "./quantities.ts";

const DAY = 86_400_000;

test("bytesText() gives sizes as systems show them", () => {
  const texts = [0, 640, 999, 1_000, 3_412_345, 99_950_000, 52_428_800, 7.2e9].map(bytesText);
  assert.deepEqual(texts, [
    ...["0 bytes", "640 bytes", "999 bytes", "1 kB"],
    ...["3.4 MB", "100 MB", "52.4 MB", "7.2 GB"],
  ]);
});

test("durationText() gives the two largest units, rounded down", () => {
  const texts = [7 * DAY, 7 * DAY - 1, DAY, 3_660_000, 90_000, 59_999, 1_000, 999].map(
    durationText,
  );
  assert.deepEqual(texts, [
    ...["7 days", "6 days 23 hours", "1 day", "1 hour 1 minute"],
    ...["1 minute 30 seconds", "59 seconds", "1 second", "less than a second"],
  ]);
});

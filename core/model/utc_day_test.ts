import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, dayOf, startOfDay } from "./utc_day.ts";

test("dayOf() changes at midnight in UTC, the first millisecond by startOfDay()", () => {
  for (const day of ["2026-12-31", "2028-02-29"]) {
    assert.deepEqual([dayOf(startOfDay(day)), dayOf(startOfDay(day) + DAY_MS - 1)], [day, day]);
  }
  assert.equal(startOfDay("2028-02-29"), Date.UTC(2028, 1, 29));
  assert.equal(dayOf(startOfDay("2028-02-29") + DAY_MS), "2028-03-01");
});

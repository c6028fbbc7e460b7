import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, dayOf, startOfDay } from "./utc_day.ts";

test("dayOf() changes at midnight in UTC", () => {
  assert.equal(dayOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), "2026-12-31");
  assert.equal(dayOf(Date.UTC(2027, 0, 1)), "2027-01-01");
});

test("startOfDay() is the first millisecond of a day", () => {
  assert.equal(startOfDay("2028-02-29"), Date.UTC(2028, 1, 29));
  assert.equal(dayOf(startOfDay("2028-02-29") + DAY_MS), "2028-03-01");
});

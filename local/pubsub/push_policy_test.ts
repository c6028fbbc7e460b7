import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, DEFAULT_PUSH_POLICY, messageRetentionOf } from "./push_policy.ts";

test("backoffMs() doubles from the least wait to the longest", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 1_000].map((n) => backoffMs(n, DEFAULT_PUSH_POLICY));
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test("messageRetentionOf() is a day and three days of seven, and at least a minute", () => {
  assert.deepEqual(messageRetentionOf(604_800_000), { events: 86_400_000, dead: 259_200_000 });
  assert.deepEqual(messageRetentionOf(3_500_000), { events: 500_000, dead: 1_500_000 });
  assert.deepEqual(messageRetentionOf(90_000), { events: 60_000, dead: 60_000 });
});

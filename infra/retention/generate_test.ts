import assert from "node:assert/strict";
import { test } from "node:test";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import policy from "../../core/retention/policy.json" with { type: "json" };
import { generatedFiles, readGenerated } from "./generate.ts";

const DAY_MS = 86_400_000;

for (const { path, text } of generatedFiles()) {
  test(`${path} says what the retention policy says`, () => {
    assert.equal(readGenerated(path), text, "run deno task generate");
  });
}

test("the bounds of the policy keep the promise together", () => {
  const { periodMs, kafka, eventsMs, deadLettersMs, ...bounds } = RETENTION_BOUNDS;
  const { closingMs, erasureMs } = RETENTION_POLICY;
  assert.equal(bounds.lifecycleDays * DAY_MS, periodMs, "no earlier and no later than the promise");
  assert.ok(bounds.partitionExpirationMs >= periodMs + DAY_MS, "it counts from the day's start");
  const throughTopics = kafka.sourceMs + kafka.segmentMs + kafka.segmentMs +
    Math.max(kafka.deadLettersMs, kafka.redriveMs);
  assert.ok(throughTopics < periodMs, "a record that was dead-lettered on its last day");
  assert.ok(eventsMs + deadLettersMs < periodMs);
  assert.ok(policy.attemptMs < closingMs, "no row is written when its time comes");
  assert.ok(policy.sweepIntervalMs + policy.sweepBudgetMs < policy.graceMs);
  assert.ok(policy.attemptMs + policy.erasureIntervalMs < erasureMs);
  assert.ok(policy.erasureEventMs + policy.erasureIntervalMs < erasureMs, "an event lost once");
  assert.ok(policy.repairAfterMs + DAY_MS + eventsMs < periodMs - closingMs, "found in time");
  assert.equal(DAY_MS % policy.repairIntervalMs, 0, "each shard has its turn once a day");
  assert.equal(bounds.logDays * DAY_MS, periodMs);
});

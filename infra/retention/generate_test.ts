import assert from "node:assert/strict";
import { test } from "node:test";
import policy from "../../core/retention/policy.json" with { type: "json" };
import { generatedFiles, readGenerated } from "./generate.ts";

const DAY_MS = 86_400_000;

for (const { path, text } of generatedFiles()) {
  test(`${path} says what the retention policy says`, () => {
    assert.equal(readGenerated(path), text, "run deno task generate");
  });
}

test("the bounds of the policy keep the promise together", () => {
  const { kafka, bigquery, periodMs } = policy;
  const closingMs = periodMs / policy.closingFraction;
  assert.equal(policy.lifecycleDays * DAY_MS, periodMs, "no earlier and no later than the promise");
  assert.ok(bigquery.partitionExpirationMs >= periodMs + DAY_MS, "it counts from the day's start");
  const throughTopics = kafka.sourceRetentionMs + kafka.segmentMs + kafka.segmentMs +
    Math.max(kafka.deadLetterRetentionMs, kafka.redriveRetentionMs);
  assert.ok(throughTopics < periodMs, "a record that was dead-lettered on its last day");
  assert.ok(policy.pubsubRetentionMs + policy.deadLetterRetentionMs < periodMs);
  assert.ok(policy.streamingBufferMs < closingMs, "no row is buffered when its time comes");
  assert.ok(policy.sweepIntervalMs + policy.sweepBudgetMs < policy.graceMs);
  assert.ok(policy.streamingBufferMs + policy.sweepIntervalMs < policy.erasureMs);
  assert.ok(policy.resumableSessionMs <= periodMs);
  assert.ok(policy.reconcileAfterMs + policy.reconcileIntervalMs < closingMs);
  assert.deepEqual([policy.softDeleteMs, policy.logRetentionDays * DAY_MS], [0, periodMs]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  kafkaCopyMsOf,
  PURGES_RETENTION_MS,
  RETENTION_BOUNDS,
  retentionBoundsOf,
} from "./bounds.ts";
import { RETENTION_POLICY } from "./policy.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test("the bounds of the policy's period are those of its promise", () => {
  assert.deepEqual(RETENTION_BOUNDS, {
    periodMs: RETENTION_POLICY.periodMs,
    lifecycleDays: 7,
    abortMultipartDays: 1,
    eventsMs: 3 * DAY_MS,
    webhooksMs: DAY_MS,
    deadLettersMs: 3 * DAY_MS,
    kafka: {
      sourceMs: 3 * DAY_MS,
      deadLettersMs: 2 * DAY_MS,
      redriveMs: 2 * DAY_MS,
      segmentMs: 12 * HOUR_MS,
    },
    partitionExpirationMs: 8 * DAY_MS,
    logDays: 7,
  });
  assert.equal(PURGES_RETENTION_MS, 400 * DAY_MS);
});

test("retentionBoundsOf() keeps every bound of a shorter period below its end", () => {
  const { kafka, eventsMs, webhooksMs, deadLettersMs, lifecycleDays } = retentionBoundsOf(
    3 * DAY_MS,
  );
  const topics = kafka.sourceMs + Math.max(kafka.deadLettersMs, kafka.redriveMs);
  assert.ok(topics + 2 * kafka.segmentMs < 3 * DAY_MS && eventsMs + deadLettersMs < 3 * DAY_MS);
  assert.equal(lifecycleDays, 3);
  for (const ms of [eventsMs, webhooksMs, deadLettersMs, ...Object.values(kafka)]) {
    assert.equal(ms % 60_000, 0);
  }
});

test("kafkaCopyMsOf() leaves a topic's retention and segment before the purge: 4.5 days of seven", () => {
  assert.equal(kafkaCopyMsOf(RETENTION_POLICY), 4.5 * DAY_MS);
  assert.equal(kafkaCopyMsOf({ periodMs: 70_000 }), 45_000);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeImageId } from "../model/image_id.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { NOON_MS } from "../testing/test_world.ts";
import {
  closingAtOf,
  phaseOf,
  policyHash,
  purgeAtOf,
  RETENTION_POLICY,
  retentionPolicyOf,
} from "./policy.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const imageId = makeImageId(NOON_MS, new Uint8Array(10));

test("the policy is DESIGN's promise: seven days, the last two hours of them behind the write cutoff", () => {
  assert.deepEqual(RETENTION_POLICY, {
    periodMs: 7 * DAY_MS,
    closingMs: 2 * HOUR_MS,
    graceMs: 15 * 60 * SECOND_MS,
    sweepIntervalMs: 5 * 60 * SECOND_MS,
    sweepBudgetMs: 2 * 60 * SECOND_MS,
    repairIntervalMs: 10 * 60 * SECOND_MS,
    repairAfterMs: 3 * HOUR_MS,
    failedAfterMs: 10 * 60 * SECOND_MS,
    eventDelayMs: 10 * 60 * SECOND_MS,
    signedUrlMs: 20 * 60 * SECOND_MS,
    attemptMs: 2 * 60 * SECOND_MS,
    erasureIntervalMs: 15 * 60 * SECOND_MS,
    erasureEventMs: 30 * 60 * SECOND_MS,
    erasureMs: HOUR_MS,
  });
});

test("phaseOf() changes to the millisecond", () => {
  const closesMs = 7 * DAY_MS - 2 * HOUR_MS;
  const phases = [
    ...[[0, "kept"], [closesMs - 1, "kept"], [closesMs, "closing"]] as const,
    ...[[7 * DAY_MS - 1, "closing"], [7 * DAY_MS, "expired"]] as const,
  ];
  for (const [ageMs, phase] of phases) {
    assert.equal(phaseOf(imageId, RETENTION_POLICY, NOON_MS + ageMs), phase, `${ageMs}`);
  }
  const ends = [purgeAtOf(imageId, RETENTION_POLICY), closingAtOf(imageId, RETENTION_POLICY)];
  assert.deepEqual(ends, [NOON_MS + 7 * DAY_MS, NOON_MS + closesMs]);
});

test("retentionPolicyOf() shrinks every bound, intervals not below what a machine can keep", () => {
  const MINUTE_MS = 60 * SECOND_MS;
  assert.equal(retentionPolicyOf(7 * DAY_MS), RETENTION_POLICY);
  // In the order of the policy above.
  assert.deepEqual(Object.values(retentionPolicyOf(90 * SECOND_MS)), [
    ...[90_000, 1072, 10_000, 1000, 10_000, 1000, 20_000],
    ...[2_000, 2_000, 1_200_000, 2_000, 1000, 10_000, 20_000],
  ]);
  const minutes = Object.values(retentionPolicyOf(3.5 * DAY_MS)).map((ms) => ms / MINUTE_MS);
  assert.deepEqual(minutes, [5_040, 60, 7.5, 2.5, 1, 5, 90, 5, 5, 20, 1, 7.5, 15, 30]);
});

test("retentionPolicyOf() takes ten seconds to seven days and never a longer promise", () => {
  assert.equal(retentionPolicyOf(10_000).periodMs, 10_000);
  for (const periodMs of [9999, 7 * DAY_MS + 1, 0, -1, 20_000.5, NaN, Infinity]) {
    assert.throws(() => retentionPolicyOf(periodMs), RangeError, `${periodMs}`);
  }
});

test("policyHash() is of the policy's content, not of its order, and of each of its numbers", async () => {
  const hash = await policyHash(portableHashing, RETENTION_POLICY);
  const reversed = Object.fromEntries(Object.entries(RETENTION_POLICY).toReversed());
  assert.equal(await policyHash(portableHashing, { ...RETENTION_POLICY, ...reversed }), hash);
  assert.match(hash, /^[0-9a-f]{64}$/);
  const hashes = [hash];
  for (const [name, value] of Object.entries(RETENTION_POLICY)) {
    hashes.push(await policyHash(portableHashing, { ...RETENTION_POLICY, [name]: value + 1 }));
  }
  assert.equal(new Set(hashes).size, hashes.length);
});

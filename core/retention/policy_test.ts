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
  const phases = [
    [0, "kept"],
    [7 * DAY_MS - 2 * HOUR_MS - 1, "kept"],
    [7 * DAY_MS - 2 * HOUR_MS, "closing"],
    [7 * DAY_MS - 1, "closing"],
    [7 * DAY_MS, "expired"],
  ] as const;
  for (const [ageMs, phase] of phases) {
    assert.equal(phaseOf(imageId, RETENTION_POLICY, NOON_MS + ageMs), phase, `${ageMs}`);
  }
  assert.equal(purgeAtOf(imageId, RETENTION_POLICY), NOON_MS + 7 * DAY_MS);
  assert.equal(closingAtOf(imageId, RETENTION_POLICY), NOON_MS + 7 * DAY_MS - 2 * HOUR_MS);
});

test("retentionPolicyOf() the period itself is the policy itself", () => {
  assert.equal(retentionPolicyOf(7 * DAY_MS), RETENTION_POLICY);
});

test("retentionPolicyOf() shrinks every bound, intervals not below what a machine can keep", () => {
  assert.deepEqual(retentionPolicyOf(90 * SECOND_MS), {
    periodMs: 90_000,
    closingMs: 1072,
    graceMs: 10_000,
    sweepIntervalMs: 1000,
    sweepBudgetMs: 10_000,
    repairIntervalMs: 1000,
    repairAfterMs: 20_000,
    failedAfterMs: 2_000,
    eventDelayMs: 2_000,
    signedUrlMs: 1_200_000,
    attemptMs: 2000,
    erasureIntervalMs: 1000,
    erasureEventMs: 10_000,
    erasureMs: 20_000,
  });
  assert.deepEqual(retentionPolicyOf(3.5 * DAY_MS), {
    periodMs: 3.5 * DAY_MS,
    closingMs: HOUR_MS,
    graceMs: 450_000,
    sweepIntervalMs: 150_000,
    sweepBudgetMs: 60_000,
    repairIntervalMs: 300_000,
    repairAfterMs: 5_400_000,
    failedAfterMs: 300_000,
    eventDelayMs: 300_000,
    signedUrlMs: 1_200_000,
    attemptMs: 60_000,
    erasureIntervalMs: 450_000,
    erasureEventMs: 900_000,
    erasureMs: 1_800_000,
  });
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

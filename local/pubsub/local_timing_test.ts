import assert from "node:assert/strict";
import { test } from "node:test";
import { ackDeadlineMs, backoffMs, LOCAL_TIMING } from "./local_timing.ts";

const POLICY = { retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" } };

test("backoffMs() doubles from the least wait to the longest", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 1_000].map((n) => backoffMs(POLICY, n, LOCAL_TIMING));
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test("backoffMs() is nothing without a policy, and never longer than the policy's", () => {
  assert.equal(backoffMs({}, 5, LOCAL_TIMING), 0);
  const short = { retryPolicy: { minimumBackoff: "0s", maximumBackoff: "0.3s" } };
  assert.equal(backoffMs(short, 9, LOCAL_TIMING), 0);
  const quick = { retryPolicy: { minimumBackoff: "0.1s", maximumBackoff: "0.3s" } };
  assert.equal(backoffMs(quick, 9, LOCAL_TIMING), 300);
});

test("ackDeadlineMs() is the subscription's unless this machine shortens it", () => {
  assert.equal(ackDeadlineMs({ ackDeadlineSeconds: 60 }, LOCAL_TIMING), 60_000);
  assert.equal(ackDeadlineMs({ ackDeadlineSeconds: 60 }, { ...LOCAL_TIMING, ackDeadlineMs: 5 }), 5);
});

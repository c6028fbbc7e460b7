import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "./problem.ts";
import { isRetryable, pauseAfter, retryDelayMs } from "./retry.ts";
import { sleep } from "./signals.ts";

const POLICY = { maxAttempts: 10, minDelayMs: 100, maxDelayMs: 1_000, timeoutMs: 1_000 };

test("isRetryable() holds for 408, 429, 5xx and lost connections, never for what stays wrong", () => {
  const isStatusRetryable = (status: number) =>
    isRetryable({ status, code: "protocol", detail: "" });
  for (const status of [408, 429, 500, 502, 503, 504, 522]) assert.ok(isStatusRetryable(status));
  for (const status of [400, 401, 403, 404, 409, 411, 412, 413, 415, 422]) {
    assert.ok(!isStatusRetryable(status), String(status));
  }
  assert.ok(isRetryable({ status: 0, code: "network", detail: "" }));
  assert.ok(!isRetryable({ status: 429, code: "quota_exceeded", detail: "" }));
});

test("retryDelayMs() doubles up to its maximum, half of it by chance", () => {
  for (
    const [failures, ceilingMs] of [[1, 100], [2, 200], [4, 800], [5, 1_000], [60, 1_000]] as const
  ) {
    const delays = Array.from({ length: 50 }, () => retryDelayMs(failures, POLICY));
    assert.ok(delays.every((ms) => ms >= ceilingMs / 2 && ms <= ceilingMs));
    assert.ok(new Set(delays).size > 1);
  }
});

test("retryDelayMs() is never shorter than the server asks", () => {
  assert.equal(retryDelayMs(1, POLICY, 60_000), 60_000);
});

test("sleep() ends with the signal's reason as soon as it is aborted", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 5);
  await assert.rejects(sleep(60_000, controller.signal), reason);
  await assert.rejects(sleep(60_000, controller.signal), reason);
});

test("pauseAfter() waits for the network where there is known to be none, and counts from the start again", async () => {
  const calls: string[] = [];
  const network = {
    isOffline: () => true,
    untilOnline: () => {
      calls.push("until online");
      return Promise.resolve();
    },
  };
  const error = new UploadError({ status: 0, code: "network", detail: "" });
  const retry = { ...POLICY, maxAttempts: 3, network };
  const onWait = ({ code }: UploadError) => calls.push(code);
  assert.equal(await pauseAfter(error, { retry, failures: 7, onWait }), 0);
  assert.deepEqual(calls, ["network", "until online"]);
  const answered = new UploadError({ status: 503, code: "unavailable", detail: "" });
  await assert.rejects(pauseAfter(answered, { retry, failures: 2 }), answered);
});

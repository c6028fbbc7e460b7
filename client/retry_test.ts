import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "./problem.ts";
import { isRetryable, pauseAfter, platformNetwork } from "./retry.ts";

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

test("pauseAfter() waits as long as a response asks, and no longer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const problem = { status: 429, code: "rate_limited", detail: "", retryAfterMs: 1_500 } as const;
  const counted: number[] = [];
  const pausing = pauseAfter(new UploadError(problem), { retry: POLICY, failures: 0 })
    .then((failures) => void counted.push(failures));
  t.mock.timers.tick(1_499);
  await new Promise(setImmediate);
  assert.deepEqual(counted, []);
  t.mock.timers.tick(1);
  await pausing;
  assert.deepEqual(counted, [1]);
  t.mock.timers.reset();
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

test("platformNetwork() is online where the platform says nothing", () => {
  for (const scope of [{}, { navigator: {} }, { navigator: { onLine: true } }]) {
    assert.equal(platformNetwork(scope).isOffline(), false);
  }
  assert.equal(platformNetwork().isOffline(), false);
});

/** A platform that counts itself offline, and who listens to it. */
function offlinePlatform() {
  const listeners = new Set<() => void>();
  const scope = {
    navigator: { onLine: false },
    addEventListener: (_: "online", listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: "online", listener: () => void) => void listeners.delete(listener),
  };
  return { scope, listeners };
}

test("platformNetwork() waits for the event online, or ends with the signal's reason, and leaves no listener", async () => {
  const { scope, listeners } = offlinePlatform();
  const network = platformNetwork(scope);
  assert.ok(network.isOffline());
  const online = network.untilOnline();
  assert.equal(listeners.size, 1);
  for (const listener of listeners) listener();
  await online;
  const controller = new AbortController();
  const aborted = network.untilOnline(controller.signal);
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  assert.equal(listeners.size, 0);
});

test("platformNetwork() has it tried now and then, as a platform may count itself offline and be wrong", async () => {
  const { scope, listeners } = offlinePlatform();
  await platformNetwork(scope, { recheckMs: 1 }).untilOnline();
  assert.equal(listeners.size, 0);
});

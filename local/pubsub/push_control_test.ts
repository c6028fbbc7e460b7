import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { finalized, makeQueue } from "./_testing.ts";
import { handlePushControl, PUSH_CONTROLS } from "./push_control.ts";

const heldQueue = (t: TestContext) => {
  const urls = { processorUrl: "http://localhost:1", issuerUrl: "http://localhost:1" };
  const queue = makeQueue(t, urls);
  queue.configure({ hold: true });
  return queue;
};

test("GET /_local/push counts messages and shows the settings", (t) => {
  const queue = heldQueue(t);
  queue.enqueue(finalized("a"));
  const answer = handlePushControl(queue, { method: "GET", path: "/_local/push" });
  assert.equal(answer?.status, 200);
  const { oldestQueuedMs, ...counts } = queue.status();
  assert.equal(typeof oldestQueuedMs, "number");
  assert.deepEqual(counts, {
    queued: 1,
    delivering: 0,
    delivered: 0,
    deadLettered: 0,
    deadDelivered: 0,
    dead: 0,
    expired: 0,
    dropped: 0,
    held: 1,
    settings: { duplicate: 0, hold: true, shuffle: false, drop: 0, maxAttempts: null },
  });
});

test("POST /_local/push changes what it names and leaves the rest", (t) => {
  const queue = heldQueue(t);
  const post = (body: object) =>
    handlePushControl(queue, { method: "POST", path: "/_local/push", body })?.status;
  assert.equal(post({ duplicate: 3, drop: 1, maxAttempts: 2 }), 200);
  const expected = { duplicate: 3, hold: true, shuffle: false, drop: 1 };
  assert.deepEqual(queue.status().settings, { ...expected, maxAttempts: 2 });
  assert.equal(post({ maxAttempts: null }), 200);
  assert.deepEqual(queue.status().settings, { ...expected, maxAttempts: null });
});

test("POST /_local/push refuses unknown fields and wrong values", (t) => {
  const queue = heldQueue(t);
  for (const body of [undefined, [], { duplicate: -1 }, { hold: "yes" }, { faults: 1 }]) {
    const answer = handlePushControl(queue, { method: "POST", path: "/_local/push", body });
    assert.equal(answer?.status, 400, JSON.stringify(body));
  }
});

test("POST /_local/push/redrive answers how many dead letters are sent again", (t) => {
  const queue = heldQueue(t);
  const path = "/_local/push/redrive";
  const answer = handlePushControl(queue, { method: "POST", path });
  assert.deepEqual(answer, { status: 200, body: { redriven: 0 } });
  assert.equal(handlePushControl(queue, { method: "GET", path })?.status, 405);
});

test("other paths are not its own, and each of its own is documented", (t) => {
  const queue = heldQueue(t);
  assert.equal(handlePushControl(queue, { method: "GET", path: "/_local/faults" }), null);
  for (const { method, path } of PUSH_CONTROLS) {
    const body = {};
    assert.equal(handlePushControl(queue, { method, path, body })?.status, 200);
  }
});

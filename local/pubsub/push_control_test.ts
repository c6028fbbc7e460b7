import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { makeQueue } from "./_testing.ts";
import { askControl } from "../http/_testing.ts";

async function heldQueue(t: TestContext) {
  const queue = makeQueue(t);
  await queue.configure({ hold: true });
  const ask = (method: string, path: string, body?: unknown) =>
    askControl(queue.controls, method, path, body);
  return { queue, ask };
}

test("GET /_local/push counts events, shows the settings and each subscription", async (t) => {
  const { queue, ask } = await heldQueue(t);
  queue.publish("a");
  const answer = await ask("GET", "/_local/push");
  assert.equal(answer.status, 200);
  const { oldestQueuedMs, subscriptions, ...counts } = Object(answer.body);
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
  const of = (name: string) => subscriptions[`projects/tintype-local/subscriptions/${name}`];
  assert.deepEqual([of("tintype-events").queued, of("tintype-events").window], [1, 4]);
  assert.deepEqual([of("tintype-images-dead").queued, of("tintype-images-dead").window], [0, null]);
});

test("POST /_local/push changes what it names and leaves the rest", async (t) => {
  const { queue, ask } = await heldQueue(t);
  const post = async (body: object) => (await ask("POST", "/_local/push", body)).status;
  assert.equal(await post({ duplicate: 3, drop: 1, maxAttempts: 2 }), 200);
  const expected = { duplicate: 3, hold: true, shuffle: false, drop: 1 };
  assert.deepEqual(queue.status().settings, { ...expected, maxAttempts: 2 });
  assert.equal(await post({ maxAttempts: null }), 200);
  assert.deepEqual(queue.status().settings, { ...expected, maxAttempts: null });
});

test("POST /_local/push of another topic leaves the events alone", async (t) => {
  const { queue, ask } = await heldQueue(t);
  const before = queue.status().settings;
  const answer = await ask("POST", "/_local/push", { topic: "tintype-images", duplicate: 2 });
  assert.equal(Object(answer.body).settings.duplicate, 2);
  assert.deepEqual(queue.status().settings, before);
  assert.equal((await ask("POST", "/_local/push", { topic: "none", hold: true })).status, 404);
});

test("POST /_local/push refuses unknown fields and wrong values", async (t) => {
  const { ask } = await heldQueue(t);
  for (const body of [undefined, [], { duplicate: -1 }, { hold: "yes" }, { faults: 1 }]) {
    assert.equal((await ask("POST", "/_local/push", body)).status, 400, JSON.stringify(body));
  }
});

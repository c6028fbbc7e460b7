import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@tintype/core/testing/eventually";
import { type Pushed, startPushes } from "./_testing.ts";

const names = (pushed: readonly Pushed[]) =>
  pushed.map(({ body }) => body.message.attributes["objectId"]);

test("duplicate delivers each event more often, under other message ids", async (t) => {
  const { queue, pushed } = await startPushes(t, () => 204);
  await queue.configure({ duplicate: 2 });
  queue.publish("a");
  await eventually("delivered", () => queue.status().delivered === 3);
  assert.deepEqual(names(pushed), ["a", "a", "a"]);
  assert.equal(new Set(pushed.map(({ body }) => body.message.messageId)).size, 3);
});

test("hold keeps deliveries back until it is taken off", async (t) => {
  let nowMs = Date.now();
  const { queue, pushed } = await startPushes(t, () => 204, { clock: { now: () => nowMs } });
  await queue.configure({ hold: true });
  queue.publish("a");
  nowMs += 50;
  await queue.configure({ hold: true }); // wakes the deliveries
  const { held, delivering, oldestQueuedMs } = queue.status();
  assert.deepEqual([pushed.length, held, delivering, oldestQueuedMs], [0, 1, 0, 50]);
  await queue.configure({ hold: false });
  await eventually("delivered", () => queue.status().delivered === 1);
  assert.equal(queue.status().held, 0);
});

test("events go out in their order, and in another one with shuffle", async (t) => {
  const { queue, pushed } = await startPushes(t, () => 204, { timing: { concurrency: 1 } });
  const order = Array.from({ length: 20 }, (_, index) => `${index}`);
  queue.publish(...order);
  await eventually("delivered", () => queue.status().delivered === 20);
  assert.deepEqual(names(pushed), order);

  await queue.configure({ shuffle: true });
  queue.publish(...order);
  await eventually("delivered", () => queue.status().delivered === 40);
  const shuffled = names(pushed.slice(20));
  assert.notDeepEqual(shuffled, order);
  assert.deepEqual(new Set(shuffled), new Set(order));
});

test("drop loses so many of the next events, and says so", async (t) => {
  const { queue, pushed } = await startPushes(t, () => 204);
  await queue.configure({ drop: 2 });
  queue.publish("a", "b", "c");
  await eventually("delivered", () => queue.status().delivered === 1);
  assert.deepEqual(names(pushed), ["c"]);
  assert.equal(queue.status().dropped, 2);
  assert.equal(Object(queue.status().settings).drop, 0);
});

test("maxAttempts gives an event up after so many refusals, and null after the policy's own", async (t) => {
  const { queue, pushed } = await startPushes(
    t,
    ({ path }) => path === "/events/dead" ? 204 : 503,
    { timing: { maxAttempts: 4 } },
  );
  const attemptsOf = async (name: string, deadLettered: number) => {
    queue.publish(name);
    await eventually("dead-lettered", () => queue.status().deadLettered === deadLettered);
    return pushed.filter(({ path, body }) =>
      path === "/events/storage" && body.message.attributes["objectId"] === name
    ).length;
  };
  await queue.configure({ maxAttempts: 2 });
  assert.equal(await attemptsOf("a", 1), 2);
  await queue.configure({ maxAttempts: null });
  assert.equal(await attemptsOf("b", 2), 4);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { DeliveryQueue } from "./delivery_queue.ts";

test("DeliveryQueue runs no more than its places and starts what waits in order", async () => {
  const queue = new DeliveryQueue({ maxRunning: 2, maxWaiting: 9, maxWaitMs: 5_000 });
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const work = (id: number) =>
    queue.run(async () => {
      started.push(id);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    });
  await Promise.all([0, 1, 2, 3, 4].map(work));
  assert.equal(most, 2);
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
  assert.equal(queue.size, 0);
});

test("DeliveryQueue gives its place back when the work throws", async () => {
  const queue = new DeliveryQueue({ maxRunning: 1, maxWaiting: 0, maxWaitMs: 1 });
  await assert.rejects(() => queue.run(() => Promise.reject(new Error("broken"))), /broken/);
  assert.equal(await queue.run(() => Promise.resolve("done")), "done");
});

test("DeliveryQueue refuses what would wait too long", async () => {
  const queue = new DeliveryQueue({ maxRunning: 1, maxWaiting: 5, maxWaitMs: 5 });
  const place = Promise.withResolvers<void>();
  const first = queue.run(() => place.promise);
  await assert.rejects(queue.run(() => Promise.resolve()), { code: "rate_limited" });
  place.resolve();
  await first;
  assert.equal(queue.size, 0);
});

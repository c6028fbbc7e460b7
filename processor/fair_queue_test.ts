import { AppError } from "@tintype/core/errors";
import assert from "node:assert/strict";
import { test } from "node:test";
import { FairQueue } from "./fair_queue.ts";

const queueOf = (slots: number, room = 40, maxWaitMs = 5_000) =>
  new FairQueue({ slots, room, maxWaitMs, clock: Date });
const rateLimited = () => Promise.reject(new AppError("rate_limited", "no place further on"));

test("FairQueue runs no more than its slots and starts what waits in order", async () => {
  const queue = queueOf(2);
  let [running, most] = [0, 0];
  const started: number[] = [];
  const outcomes = await Promise.all(
    [0, 1, 2, 3, 4].map((id) =>
      queue.run({ key: "a" }, async (waitedMs) => {
        assert.ok(waitedMs >= 0);
        started.push(id);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running--;
      })
    ),
  );
  assert.deepEqual([most, started, queue.size], [2, [0, 1, 2, 3, 4], 0]);
  assert.deepEqual(outcomes, Array(5).fill("done"));
});

for (const [isSlow, over] of [[false, "divert"], [true, "refuse"]] as const) {
  const claim = { key: "a", isSlow };

  test(`FairQueue returns ${over} for ${isSlow ? "slow" : "other"} work that waits too long, is too much or finds no place`, async () => {
    const queue = queueOf(1, 4, 5);
    const place = Promise.withResolvers<void>();
    const first = queue.run(claim, () => place.promise);
    const others = [1, 2].map(() => queue.run(claim, () => Promise.reject(new Error("never"))));
    assert.deepEqual(await Promise.all(others), [over, over]);
    place.resolve();
    assert.equal(await first, "done");
    assert.equal(await queue.run(claim, rateLimited), over);
    assert.equal(queue.size, 0);
  });
}

test("FairQueue gives its slot back when the work throws", async () => {
  const queue = queueOf(1);
  await assert.rejects(
    queue.run({ key: "a" }, () => Promise.reject(new Error("broken"))),
    /broken/,
  );
  assert.equal(await queue.run({ key: "a" }, () => Promise.resolve()), "done");
});

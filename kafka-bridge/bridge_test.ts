import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@tintype/core/errors";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { NOT_AN_IMAGE } from "@tintype/core/testing/sample_images";
import { fakePorts, fetchOf, randomOf, recordOf } from "./_testing.ts";
import { handleFetch } from "./bridge.ts";
import { ByteBudget } from "./byte_budget.ts";

const recordsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => recordOf({ offset: BigInt(index) }));

/** A creator over memory that `before` may delay or fail, by the number of the call. */
function creatorOf(before: (call: number) => Promise<void>) {
  const store = new MemoryObjectStore();
  let calls = 0;
  const creator: ObjectCreator = {
    async create(...input) {
      await before(calls++);
      return await store.create(...input);
    },
  };
  return { store, creator };
}

const down = () => new AppError("unavailable", "Cannot create raw object");

test("handleFetch() makes every record an object and commits behind the last", async () => {
  const { ports, store } = await fakePorts();
  const fetched = fetchOf(recordsOf(50));
  await handleFetch(ports, fetched);
  assert.equal(store.names().length, 50);
  assert.equal(fetched.commits.at(-1), 50n);
  assert.equal(ports.budget.taken, 0);
});

test("handleFetch() never commits beyond a record that is under way, whatever ends first", async () => {
  const random = randomOf(4711);
  const { store, creator } = creatorOf(() => sleep(random() * 60));
  const { ports } = await fakePorts({ creator });
  const fetched = fetchOf(recordsOf(80), {
    commit: async (next) => {
      assert.ok(BigInt(store.names().length) >= next, `${next} with ${store.names().length}`);
      fetched.commits.push(next);
    },
  });
  await handleFetch(ports, fetched);
  assert.ok(fetched.commits.length > 1, "it commits by time too");
  assert.deepEqual(fetched.commits, [...fetched.commits].sort((a, b) => Number(a - b)));
  assert.equal(fetched.commits.at(-1), 80n);
});

test("handleFetch() does not commit behind a record that hangs, nor stop for the others", async () => {
  const hanging = Promise.withResolvers<void>();
  const { store, creator } = creatorOf((call) => call === 2 ? hanging.promise : Promise.resolve());
  const { ports } = await fakePorts({ creator });
  const fetched = fetchOf(recordsOf(30));
  const done = handleFetch(ports, fetched);
  await until(() => store.names().length === 29 && fetched.commits.length > 0);
  await sleep(40);
  assert.deepEqual(fetched.commits.filter((next) => next > 3n), []);
  assert.ok(fetched.beats > 3, "it beats while it waits");
  hanging.resolve();
  await done;
  assert.equal(fetched.commits.at(-1), 30n);
});

test("handleFetch() waits for the dead letter's acknowledgement before it commits", async () => {
  const acknowledged = Promise.withResolvers<void>();
  const { ports, lines } = await fakePorts({
    deadLetters: { send: () => acknowledged.promise },
  });
  const fetched = fetchOf([recordOf({ value: NOT_AN_IMAGE })]);
  const done = handleFetch(ports, fetched);
  await sleep(40);
  assert.deepEqual(fetched.commits, []);
  acknowledged.resolve();
  await done;
  assert.deepEqual(fetched.commits, [1n]);
  const refused = lines.find(({ event }) => event === "record_refused");
  assert.deepEqual(refused?.fields, {
    topic: "images",
    partition: 0,
    offset: "0",
    reason: "not_an_image",
  });
});

test("handleFetch() skips nothing while the dead-letter topic is down, and goes on when it is back", async () => {
  let isDown = true;
  const { ports, store, lines } = await fakePorts({
    deadLetters: {
      send: async () => {
        if (isDown) throw new Error("down");
      },
    },
  });
  const fetched = fetchOf([
    recordOf({ value: NOT_AN_IMAGE }),
    recordOf({ offset: 1n }),
  ]);
  const done = handleFetch(ports, fetched);
  await until(() => ports.trouble.obstacles.includes("dead_letters"));
  await until(() => store.names().length === 1);
  await sleep(40);
  assert.deepEqual(fetched.commits, []);
  isDown = false;
  await done;
  assert.deepEqual(fetched.commits, [2n]);
  assert.deepEqual(ports.trouble.obstacles, []);
  const changes = lines.filter(({ event }) => event.startsWith("obstacle"));
  assert.deepEqual(changes.map(({ event }) => event), ["obstacle", "obstacle_gone"]);
});

test("handleFetch() tries storage until it takes the record, with readiness red meanwhile", async () => {
  const { store, creator } = creatorOf(async (call) => {
    if (call < 6) throw down();
  });
  const { ports, letters } = await fakePorts({ creator });
  const done = handleFetch(ports, fetchOf([recordOf()]));
  await until(() => ports.trouble.obstacles.includes("storage"));
  await done;
  assert.equal(store.names().length, 1);
  assert.deepEqual(letters, []);
  assert.deepEqual(ports.trouble.obstacles, []);
});

test("handleFetch() takes an error that it does not know for its own, not for the record's", async () => {
  const { store, creator } = creatorOf(async (call) => {
    if (call === 0) throw new RangeError("a mistake");
  });
  const { ports, letters } = await fakePorts({ creator });
  await handleFetch(ports, fetchOf([recordOf()]));
  assert.deepEqual([store.names().length, letters.length], [1, 0]);
});

test("handleFetch() ends at the stop with what is durable committed and nothing begun", async () => {
  const { store, creator } = creatorOf(() => sleep(20));
  const { ports } = await fakePorts({ creator });
  const fetched = fetchOf(recordsOf(200));
  const done = handleFetch(ports, fetched);
  await until(() => store.names().length >= 16);
  fetched.isEnding = true;
  await done;
  const count = store.names().length;
  assert.ok(count < 100, `${count} of 200`);
  assert.equal(fetched.commits.at(-1), BigInt(count));
});

test("handleFetch() gives up at the stop what cannot become durable", async () => {
  const { ports } = await fakePorts({ creator: { create: () => Promise.reject(down()) } });
  const fetched = fetchOf(recordsOf(3));
  const done = handleFetch(ports, fetched);
  await until(() => ports.trouble.obstacles.length > 0);
  fetched.isEnding = true;
  await done;
  assert.deepEqual(fetched.commits, []);
  assert.deepEqual(ports.trouble.obstacles, [], "what is given up is no trouble any more");
});

test("handleFetch() leaves an upload that hangs behind when its grace is over", async () => {
  const { store, creator } = creatorOf((call) =>
    call === 1 ? new Promise(() => {}) : Promise.resolve()
  );
  const { ports } = await fakePorts({ creator });
  const fetched = fetchOf(recordsOf(5));
  const done = handleFetch(ports, fetched);
  await until(() => store.names().length === 4);
  fetched.isEnding = true;
  await done;
  assert.deepEqual(fetched.commits, [1n]);
});

test("handleFetch() stops and throws when the group has moved on, with what is durable committed", async () => {
  const { store, creator } = creatorOf(() => sleep(10));
  const { ports } = await fakePorts({ creator });
  const moved = new Error("rebalance");
  const fetched = fetchOf(recordsOf(500), {
    heartbeat: async () => {
      if (store.names().length >= 16) throw moved;
    },
  });
  await assert.rejects(handleFetch(ports, fetched), moved);
  const count = store.names().length;
  assert.ok(count < 250, `${count} of 500`);
  assert.equal(fetched.commits.at(-1), BigInt(count));
});

test("handleFetch() throws when the last commit is not taken, so that the records come again", async () => {
  const { ports } = await fakePorts();
  const refused = new Error("not taken");
  const fetched = fetchOf(recordsOf(2), { commit: () => Promise.reject(refused) });
  await assert.rejects(handleFetch(ports, fetched), refused);
});

test("handleFetch() keeps a small budget over several partitions and comes to an end", async () => {
  const { store, creator } = creatorOf(() => sleep(1));
  const { ports } = await fakePorts({ creator, budget: new ByteBudget(100) });
  const fetches = [0, 1, 2, 3].map((partition) =>
    fetchOf(
      Array.from({ length: 20 }, (_, index) => recordOf({ partition, offset: BigInt(index) })),
    )
  );
  await Promise.all(fetches.map((fetched) => handleFetch(ports, fetched)));
  assert.equal(store.names().length, 80);
  assert.ok(fetches.every(({ commits }) => commits.at(-1) === 20n));
});

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, "it never came so");
    await sleep(2);
  }
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { mapAsTheyCome } from "./map_as_they_come.ts";

async function* slowly<Item>(...items: Item[]): AsyncGenerator<Item> {
  for (const item of items) {
    yield item;
    // Long enough for the runtime to notice a failure that nobody listens to.
    for (let turns = 0; turns < 10; turns++) await turn();
  }
}

test("mapAsTheyCome() gives results in the items' order", async () => {
  assert.deepEqual(await mapAsTheyCome(slowly(1, 2, 3), async (n) => await turn(n * 2)), [2, 4, 6]);
});

test("mapAsTheyCome() leaves no failure unheard while items still come, and throws it at the end", async (t) => {
  const unheard: unknown[] = [];
  const hear = (error: unknown) => void unheard.push(error);
  process.on("unhandledRejection", hear);
  t.after(() => process.off("unhandledRejection", hear));
  const started: number[] = [];
  const work = async (n: number) => {
    started.push(n);
    if (n === 1) throw new Error("interrupted");
    return await turn(n);
  };
  await assert.rejects(mapAsTheyCome(slowly(1, 2), work), /interrupted/);
  assert.deepEqual(started, [1, 2]);
  assert.deepEqual(unheard, []);
});

test("mapAsTheyCome() throws what its items throw", async () => {
  async function* broken() {
    yield 1;
    await turn();
    throw new Error("no more items");
  }
  await assert.rejects(
    mapAsTheyCome(broken(), () => Promise.reject(new Error("interrupted"))),
    /no more items/,
  );
});

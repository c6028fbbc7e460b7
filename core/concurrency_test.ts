import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { allEnded, createGate, forEachBounded, untilCut } from "./concurrency.ts";

test("forEachBounded() works on every item with `limit` under way, and pulls none before a slot is free", async () => {
  const counts = { pulled: 0, ended: 0, most: 0 };
  async function* items() {
    for (; counts.pulled < 50;) yield counts.pulled++;
  }
  await forEachBounded(items(), 4, async (item) => {
    counts.most = Math.max(counts.most, counts.pulled - counts.ended);
    await setTimeout(item % 3);
    counts.ended++;
  });
  assert.deepEqual(counts, { pulled: 50, ended: 50, most: 4 });
});

for (const [what, at] of [["the work", 2], ["the items", 4]] as const) {
  test(`forEachBounded() stops pulling at the first error of ${what}, and throws it when the rest has ended`, async () => {
    const counts = { pulled: 0, ended: 0 };
    function* items() {
      for (; counts.pulled < 50;) {
        if (what === "the items" && counts.pulled === at) throw new RangeError("broken");
        yield counts.pulled++;
      }
    }
    const work = async (item: number) => {
      if (what === "the work" && item === at) throw new RangeError("broken");
      await setTimeout(2);
      counts.ended++;
    };
    await assert.rejects(() => forEachBounded(items(), 4, work), new RangeError("broken"));
    assert.ok(counts.pulled < 10, `${counts.pulled} pulled`);
    // One failed, and the one behind it was pulled and not begun.
    assert.equal(counts.ended, counts.pulled - (what === "the work" ? 2 : 0));
  });
}

test("allEnded() answers in order, and throws only when everything has ended", async () => {
  assert.deepEqual(await allEnded([setTimeout(3, "a"), Promise.resolve(1)]), ["a", 1]);
  let hasEnded = false;
  const slow = setTimeout(5).then(() => hasEnded = true);
  await assert.rejects(() => allEnded([Promise.reject(new RangeError("first")), slow]), RangeError);
  assert.ok(hasEnded);
});

test("untilCut() distinguishes an end from a cut and lets other errors through", async () => {
  const cut = AbortSignal.abort();
  assert.equal(await untilCut(undefined, async () => {}), true);
  assert.equal(await untilCut(cut, async () => cut.throwIfAborted()), false);
  const broken = async () => {
    throw new RangeError("broken");
  };
  await assert.rejects(() => untilCut(new AbortController().signal, broken), RangeError);
});

test("createGate() lets `limit` through at a time, in order, and goes on after a failure", async () => {
  const gate = createGate(2);
  const begun: number[] = [];
  let underway = 0;
  const work = (at: number) =>
    gate(async () => {
      begun.push(at);
      assert.ok(++underway <= 2);
      await setTimeout(1);
      underway--;
      if (at === 3) throw new Error("away");
      return at;
    });
  const ended = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(work));
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(ended.flatMap(({ status }, at) => status === "rejected" ? [at] : []), [3]);
});

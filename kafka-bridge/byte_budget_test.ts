import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { randomOf } from "./_testing.ts";
import { ByteBudget } from "./byte_budget.ts";

test("ByteBudget lets takers wait in line, so that a large one is not passed by small ones for ever", async () => {
  const budget = new ByteBudget(10);
  const order: string[] = [];
  const giveBack = await budget.take(6);
  const large = budget.take(8).then((give) => (order.push("large"), give));
  const small = budget.take(1).then((give) => (order.push("small"), give));
  await turn();
  assert.deepEqual(order, []);
  giveBack();
  (await large)();
  (await small)();
  assert.deepEqual(order, ["large", "small"]);
  assert.equal(budget.taken, 0);
});

test("ByteBudget lets one that is larger than all of it go alone", async () => {
  const budget = new ByteBudget(10);
  const giveBack = await budget.take(1);
  const huge = budget.take(1_000);
  giveBack();
  const giveHuge = await huge;
  assert.equal(budget.taken, 10);
  giveHuge();
  assert.equal(budget.taken, 0);
});

test("ByteBudget takes back once, however often it is given back", async () => {
  const budget = new ByteBudget(10);
  const giveBack = await budget.take(4);
  const other = await budget.take(4);
  giveBack();
  giveBack();
  assert.equal(budget.taken, 4);
  other();
});

test("ByteBudget is never overdrawn and lets everyone through", async () => {
  const seed = 20260115;
  const random = randomOf(seed);
  const budget = new ByteBudget(100);
  let through = 0;
  await Promise.all(Array.from({ length: 200 }, async () => {
    const giveBack = await budget.take(Math.floor(random() * 140));
    assert.ok(budget.taken <= 100, `seed ${seed}`);
    await turn();
    giveBack();
    through++;
  }));
  assert.equal(through, 200);
  assert.equal(budget.taken, 0);
});

test("ByteBudget refuses a capacity of no bytes", () => {
  assert.throws(() => new ByteBudget(0), RangeError);
});

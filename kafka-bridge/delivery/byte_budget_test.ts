import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteBudget } from "./byte_budget.ts";

test("ByteBudget lets one partition hold half, and leaves room for another", () => {
  const budget = new ByteBudget(100);
  budget.take(50);
  assert.equal(budget.isSpent(50), false);
  budget.take(1);
  assert.equal(budget.isSpent(51), true);
  assert.equal(budget.isSpent(0), false);
  budget.take(24);
  assert.equal(budget.isSpent(24), false);
  budget.take(26);
  assert.deepEqual([budget.isSpent(1), budget.isSpent(0)], [true, false]);
});

test("ByteBudget lets a partition fetch again below half of what is free, and always when it holds nothing", () => {
  const budget = new ByteBudget(100);
  budget.take(60);
  assert.equal(budget.isBelowLowWater(21), false);
  assert.equal(budget.isBelowLowWater(20), true);
  budget.take(100);
  assert.equal(budget.isBelowLowWater(1), false);
  assert.equal(budget.isBelowLowWater(0), true);
});

test("ByteBudget counts what is given back", () => {
  const budget = new ByteBudget(10);
  budget.take(30);
  assert.equal(budget.taken, 30);
  budget.giveBack(25);
  assert.equal(budget.taken, 5);
});

test("ByteBudget refuses to be of no bytes", () => {
  assert.equal(new ByteBudget(1).taken, 0);
  assert.throws(() => new ByteBudget(0), RangeError);
  assert.throws(() => new ByteBudget(Number.NaN), RangeError);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "./seeded_random.ts";

test("seededRandom() gives the same numbers everywhere, others for another seed", () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed);
    return [0, 1, 2, 3].map(() => random() * 2 ** 32);
  };
  assert.deepEqual(numbers(33), [2_365_535_147, 3_176_109_905, 2_663_236_632, 70_426_983]);
  assert.notDeepEqual(numbers(34), numbers(33));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { planCampaign, SCENARIO_NAMES, scenariosNamed } from "./campaign.ts";
import { FAULTS } from "./faults.ts";

test("planCampaign() is the same for the same seed, and another for another", () => {
  const names = (seed: number) => planCampaign(seed).map(({ name }) => name);
  assert.deepEqual(names(1), names(1));
  assert.notDeepEqual(names(1), names(2));
});

test("planCampaign() takes every fault alone first, then every pair that shares a system, once", () => {
  const shared = FAULTS.filter(({ isAlone }) => !isAlone).length;
  const planned = planCampaign(3);
  const sizes = planned.map(({ faults }) => faults.length);
  assert.deepEqual(sizes, sizes.toSorted());
  assert.deepEqual(planned.map(({ name }) => name).sort(), SCENARIO_NAMES.toSorted());
  assert.equal(new Set(SCENARIO_NAMES).size, shared + shared * (shared - 1) / 2);
  assert.equal(new Set(planned.map(({ place }) => place)).size, planned.length);
});

test("scenariosNamed() finds a scenario at its own place, pairs too, and none that there is not", () => {
  const pair = planCampaign(5).find(({ name }) => name === "kill-edge+kill-storage");
  assert.deepEqual(scenariosNamed(["kill-edge+kill-storage"]), [pair]);
  assert.throws(() => scenariosNamed(["rain"]), /no scenario rain/);
});

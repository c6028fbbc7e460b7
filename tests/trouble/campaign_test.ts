import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@tintype/core/seeded_random";
import { planCampaign } from "./campaign.ts";
import { FAULTS } from "./faults.ts";

const plan = (
  seed: number,
  options: { only?: string; leastFaults?: number; rounds?: number } = {},
) =>
  planCampaign({
    random: seededRandom(seed),
    only: options.only,
    leastFaults: options.leastFaults ?? 1,
    rounds: options.rounds ?? 1,
  });

test("planCampaign() is the same for the same seed, and another for another", () => {
  const names = (seed: number) => plan(seed).map(({ name }) => name);
  assert.deepEqual(names(1), names(1));
  assert.notDeepEqual(names(1), names(2));
});

test("planCampaign() takes every fault alone first, then every pair that shares a system, once", () => {
  const shared = FAULTS.filter(({ retention }) => retention === undefined);
  const planned = plan(3).filter(({ retention }) => retention === undefined);
  const sizes = planned.map(({ faults }) => faults.length);
  assert.deepEqual(sizes, sizes.toSorted());
  assert.equal(new Set(planned.map(({ name }) => name)).size, planned.length);
  assert.equal(planned.length, shared.length + shared.length * (shared.length - 1) / 2);
});

test("planCampaign() comes last to what needs a system of its own, and never to a pair of it", () => {
  const own = FAULTS.filter(({ retention }) => retention !== undefined).map(({ name }) => name);
  assert.deepEqual(plan(4).slice(-own.length).map(({ name }) => name).toSorted(), own.toSorted());
});

test("planCampaign() finds a scenario by its name at its own place, pairs too", () => {
  const [whole] = plan(5).filter(({ name }) => name === "kill-edge+kill-storage");
  assert.deepEqual(plan(5, { only: "kill-edge+kill-storage" }), [whole]);
  assert.throws(() => plan(5, { only: "rain" }), /unknown fault rain/);
});

test("planCampaign() gives each round places of its own, and pairs alone where asked", () => {
  const places = plan(6, { rounds: 3 }).map(({ place }) => place);
  assert.equal(new Set(places).size, places.length);
  assert.ok(plan(6, { leastFaults: 2 }).every(({ faults }) => faults.length === 2));
});

import { type Random, seededRandom } from "@tintype/core/seeded_random";
import { type Fault, FAULTS } from "./faults.ts";

/** Faults that come upon a system together. */
export interface PlannedScenario {
  /** `kill-edge`, or `kill-edge+kill-storage`. */
  readonly name: string;
  readonly faults: readonly Fault[];
  /** A number of its own, the same in every campaign. */
  readonly place: number;
}

/** Every fault that needs no system of its own, alone; then every pair of them. */
const SCENARIOS: readonly PlannedScenario[] = (() => {
  const singles = FAULTS.filter(({ isAlone }) => !isAlone).map((fault) => [fault]);
  const pairs = singles.flatMap((one, index) =>
    singles.slice(index + 1).map((other) => [...one, ...other])
  );
  return [...singles, ...pairs].map((faults, place) => ({
    name: faults.map(({ name }) => name).join("+"),
    faults,
    place,
  }));
})();

/** The names of all scenarios. */
export const SCENARIO_NAMES: readonly string[] = SCENARIOS.map(({ name }) => name);

/** All scenarios: each fault alone first, then the pairs, each half in an order that the seed decides. */
export function planCampaign(seed: number): PlannedScenario[] {
  const random = seededRandom(seed);
  return [1, 2].flatMap((size) =>
    shuffled(SCENARIOS.filter(({ faults }) => faults.length === size), random)
  );
}

/** These scenarios, in this order. Throws Error for a name that there is not. */
export function scenariosNamed(names: readonly string[]): PlannedScenario[] {
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Error(`There is no scenario ${name}: see soak --list`);
    return found;
  });
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items.map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

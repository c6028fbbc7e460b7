import { UsageError } from "@tintype/cli/usage_error";
import type { Random } from "@tintype/core/seeded_random";
import { type Fault, FAULTS } from "./faults.ts";
import { shuffled } from "./shuffled.ts";

/** A scenario that is still to come. */
export interface PlannedScenario {
  /** `kill-edge`, or `kill-edge+kill-storage`. */
  readonly name: string;
  readonly faults: readonly Fault[];
  /** The retention that its system must run with. */
  readonly retention: string | undefined;
  /** A number of its own, the same wherever it comes in a campaign. */
  readonly place: number;
}

/** How to plan. */
export interface CampaignOptions {
  readonly random: Random;
  /** A single scenario's name. */
  readonly only: string | undefined;
  /** 1, or 2 for pairs only. */
  readonly leastFaults: number;
  readonly rounds: number;
}

/**
 * Every fault alone and then every pair that can come together, each half in an order that the numbers decide and those
 * that need another system last. Throws UsageError for an unknown fault.
 */
export function planCampaign(
  { random, only, leastFaults, rounds }: CampaignOptions,
): PlannedScenario[] {
  const singles = FAULTS.map((fault) => [fault]);
  const pairs = FAULTS.flatMap((one, index) =>
    FAULTS.slice(index + 1).filter((other) => canMeet(one, other)).map((other) => [one, other])
  );
  const all = [...singles, ...pairs].map((faults, place) => ({
    name: faults.map(({ name }) => name).join("+"),
    faults,
    retention: faults[0]?.retention,
    place,
  }));
  const chosen = all.filter(({ name, faults }) =>
    only === undefined ? faults.length >= leastFaults : name === only
  );
  if (chosen.length === 0) {
    throw new UsageError(`Cannot run soak: unknown fault ${only}: see --list`);
  }
  return Array.from({ length: rounds }, (_, round) => {
    const bySize = [1, 2].map((size) => chosen.filter(({ faults }) => faults.length === size));
    const ordered = bySize.flatMap((some) => shuffled(some, random));
    return ordered.map((one) => ({ ...one, place: one.place + round * all.length }));
  }).flat().sort((a, b) => Number(a.retention !== undefined) - Number(b.retention !== undefined));
}

/** A fault that needs a system of its own comes alone. */
function canMeet(one: Fault, other: Fault): boolean {
  return one.retention === undefined && other.retention === undefined;
}

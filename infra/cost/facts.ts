/**
 * What Tintype costs and what it holds: `prices.json` and `facts.json` are the only sources of figures; `usage` and
 * `bill` turn them into money, `limits` into ceilings, `simulate` into queues, `cost_document` prints all of it as docs/cost.md.
 */
import policy from "../../core/retention/policy.json" with { type: "json" };
import facts from "./facts.json" with { type: "json" };
import table from "./prices.json" with { type: "json" };

const DAY_MS = 86_400_000;

/** From how many units a month on, and the dollars for `per` units from there. */
type Tier = readonly [from: number, usd: number];

/** A list price of `per` units, after `free` units a month. */
export interface Price {
  readonly id: string;
  readonly part: string;
  /** In their order; the first begins at 0. */
  readonly tiers: readonly Tier[];
  readonly per: number;
  readonly unit: string;
  readonly free: number;
  /** An address, or `[?]` where none was found. */
  readonly source: string;
}

/** A figure with where it comes from. */
export interface Fact {
  readonly value: number;
  readonly unit: string;
  readonly by: string;
}

/** All prices and the day on which they were looked up. */
export const PRICES: readonly Price[] = table.prices.map((
  { usd = 0, tiers = [[0, usd]], ...price },
) => ({
  ...price,
  tiers: tiers.map(([from = 0, tierUsd = 0]): Tier => [from, tierUsd]),
}));
export const PRICES_SEEN = table.seen;
export const PRICES_NOTE = table.currency;

/** Facts by how they are known. */
export const MEASURED: Readonly<Record<keyof typeof facts.measured, Fact>> = facts.measured;
export const CONFIGURED = {
  ...facts.configured,
  sweepsPerDay: ofPolicy(DAY_MS / policy.sweepIntervalMs, "sweeps a day"),
  keptDays: ofPolicy(policy.periodMs / DAY_MS, "days"),
} as const satisfies Readonly<Record<string, Fact>>;
export const ASSUMED: Readonly<Record<keyof typeof facts.assumed, Fact>> = facts.assumed;

/** The figure of every fact, by its name. */
export const FIGURES = figuresOf({ ...MEASURED, ...CONFIGURED, ...ASSUMED });

function figuresOf<Name extends string>(known: Readonly<Record<Name, Fact>>) {
  const figures = Object.entries<Fact>(known).map(([name, { value }]) => [name, value] as const);
  return Object.fromEntries(figures) as Readonly<Record<Name, number>>; // one for each name
}

function ofPolicy(value: number, unit: string): Fact {
  return { value, unit, by: "core/retention/policy.json" };
}

/** The two profiles of infra/terraform, by its variable `profile` (docs/decisions/profiles.md). */
export const PROFILES = {
  economical: { isRawPaired: false, hasOwnKeys: false },
  resilient: { isRawPaired: true, hasOwnKeys: true },
} as const;

/** The name of a profile. */
export type Profile = keyof typeof PROFILES;

/** Sizes of images that people send, each with its share: assumed. */
export const FLEET = facts.fleet.sharesByMegapixels.map(([share = 0, megapixels = 0]) => ({
  share,
  megapixels,
}));

/** CPU milliseconds of an image by its megapixels, between measured points on a straight line. */
export function cpuMsOf(megapixels: number): number {
  const points = facts.cpuMsByMegapixels.points.map(([x = 0, y = 0]) => ({ x, y }));
  const above = points.findIndex(({ x }) => x >= megapixels);
  const [low, high] = [points[above - 1], points[above]];
  if (high === undefined) return points.at(-1)?.y ?? 0;
  if (low === undefined) return high.y;
  return low.y + (high.y - low.y) * (megapixels - low.x) / (high.x - low.x);
}

/** CPU milliseconds of the mean image: HEIC's share included. */
export function meanCpuMs(): number {
  const share = FIGURES.heicShare;
  return FIGURES.processCpuMs * (1 - share) + FIGURES.heicCpuMs * share;
}

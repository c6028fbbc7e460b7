import { type Random, seededRandom } from "@tintype/core/seeded_random";
import { cpuMsOf, FIGURES, FLEET, PRICES } from "./facts.ts";
import { type FleetOptions, SimulatedFleet } from "./simulated_fleet.ts";
import { FIRST_WINDOW, SimulatedPush } from "./simulated_push.ts";
import { Timeline } from "./timeline.ts";

/** Images that arrive in a simulated day. */
export interface Source {
  /** Mean arrivals a second, at a second of the day. */
  readonly ratePerS: (second: number) => number;
  /** Whose they are, the first ones' most: each as likely as its weight. */
  readonly tenants: readonly string[];
  readonly weightOf?: (at: number) => number;
  /** Whether each runs into the deadline of its pixel process. */
  readonly isPoison?: boolean;
}

/** A day to simulate. */
export interface Scenario extends Partial<FleetOptions> {
  readonly name: string;
  readonly title: string;
  readonly sources: readonly Source[];
  readonly seed: number;
  /** Seconds in which images arrive: a day. */
  readonly lengthS?: number;
  /** Pushes of events that may be under way when it begins: 4. */
  readonly window?: number;
}

/** A bucket of minutes, for plots. */
export interface Slice {
  readonly minute: number;
  readonly arrivalsPerS: number;
  readonly instances: number;
  readonly queued: number;
  readonly p95S: number;
}

/** What a simulated day came to. */
export interface Simulated {
  readonly scenario: Scenario;
  readonly images: number;
  /** Good images that were not ready a day after the last one came. */
  readonly unready: number;
  readonly peakInstances: number;
  readonly peakQueued: number;
  /** Seconds from the end of an upload to ready, good images only. */
  readonly p50S: number;
  readonly p95S: number;
  readonly p99S: number;
  readonly worstS: number;
  readonly runUsd: number;
  readonly slices: readonly Slice[];
}

const DAY_S = 86_400;
const SLICE_MIN = 10;
/** Shares of the fleet, and the CPU milliseconds of an image of each. */
const WORKS = FLEET.map(({ share, megapixels }) => ({ share, cpuMs: cpuMsOf(megapixels) }));

/**
 * A day of images that arrive at random: Pub/Sub pushes their events to instances, which share their slots and pixel
 * processes among tenants by the processor's own module. Left out: storage that fails, erasures, repair.
 */
export function simulate(scenario: Scenario): Simulated {
  const { minInstances = 0, maxInstances = FIGURES.maxInstances } = scenario;
  const { lengthS = DAY_S, window = FIRST_WINDOW } = scenario;
  const random = seededRandom(scenario.seed);
  const timeline = new Timeline();
  const fleet = new SimulatedFleet(timeline, random, { minInstances, maxInstances });
  const push = new SimulatedPush(timeline, window, (delivery) => fleet.take(delivery));
  const day = new Day(timeline);
  const sources = scenario.sources.map((source) => ({ source, tenantOf: tenantsOf(source) }));
  const passSecond = () => {
    const second = Math.round(timeline.nowS);
    fleet.scale();
    day.observe(second, fleet.instances, push.queued);
    if (second >= lengthS && day.unready === 0) return;
    timeline.after(1, passSecond);
    if (second >= lengthS) return;
    for (const { source, tenantOf } of sources) {
      const { ratePerS, isPoison = false } = source;
      const rate = ratePerS(second);
      const count = rate === 0 ? 0 : poisson(random, rate);
      for (let left = count; left > 0; left--) {
        timeline.at(second + random(), () => {
          const cpuS = isPoison ? Infinity : workOf(random) / 1_000;
          const onReady = day.arrive(isPoison);
          push.publish({ key: tenantOf(random), cpuS, onReady });
        });
      }
    }
  };
  passSecond();
  timeline.run(lengthS + DAY_S);
  return day.result(scenario, fleet);
}

/** How many arrive where `mean` are expected: Poisson by multiplication, halved where that would underflow. */
export function poisson(random: Random, mean: number): number {
  if (mean > 200) return poisson(random, mean / 2) + poisson(random, mean / 2);
  const floor = Math.exp(-mean);
  let [count, product] = [0, random()];
  while (product > floor) {
    count++;
    product *= random();
  }
  return count;
}

/** Draws a tenant by its weight. */
function tenantsOf({ tenants, weightOf = () => 1 }: Source): (random: Random) => string {
  let sum = 0;
  const ends = tenants.map((_, at) => sum += weightOf(at));
  return (random) => {
    const drawn = random() * sum;
    return tenants[ends.findIndex((end) => drawn < end)] ?? "";
  };
}

/** CPU milliseconds of an image of the fleet. */
function workOf(random: Random): number {
  if (random() < FIGURES.heicShare) return FIGURES.heicCpuMs;
  let left = random();
  for (const { share, cpuMs } of WORKS) {
    left -= share;
    if (left < 0) return cpuMs;
  }
  return FIGURES.processCpuMs;
}

/** What is counted of a day. */
class Day {
  readonly #timeline: Timeline;
  #images = 0;
  #arrivedInSlice = 0;
  readonly #latencies: number[] = [];
  #sliceLatencies: number[] = [];
  readonly #slices: Slice[] = [];
  #peakQueued = 0;
  /** Good images under way. */
  unready = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Counts an image; what it returns is called when the image is ready. */
  arrive(isPoison: boolean): () => void {
    this.#images++;
    this.#arrivedInSlice++;
    if (isPoison) return () => undefined;
    this.unready++;
    const arrivedS = this.#timeline.nowS;
    return () => {
      this.unready--;
      const latencyS = this.#timeline.nowS - arrivedS;
      this.#latencies.push(latencyS);
      this.#sliceLatencies.push(latencyS);
    };
  }

  observe(second: number, instances: number, queued: number): void {
    this.#peakQueued = Math.max(this.#peakQueued, queued);
    if (second === 0 || second % (SLICE_MIN * 60) !== 0 || second > DAY_S) return;
    this.#slices.push({
      minute: second / 60,
      arrivalsPerS: this.#arrivedInSlice / (SLICE_MIN * 60),
      instances,
      queued,
      p95S: quantile(Float64Array.from(this.#sliceLatencies).sort(), 0.95),
    });
    this.#sliceLatencies = [];
    this.#arrivedInSlice = 0;
  }

  result(scenario: Scenario, { peakInstances, billedS }: SimulatedFleet): Simulated {
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      scenario,
      images: this.#images,
      unready: this.unready,
      peakInstances,
      peakQueued: this.#peakQueued,
      p50S: quantile(sorted, 0.5),
      p95S: quantile(sorted, 0.95),
      p99S: quantile(sorted, 0.99),
      worstS: sorted[sorted.length - 1] ?? 0,
      runUsd: billedS * instanceUsdPerS(),
      slices: this.#slices,
    };
  }
}

/** What a second of an instance costs while a request is under way, free tiers not taken off. */
export function instanceUsdPerS(): number {
  const of = (id: string) => {
    const price = PRICES.find((each) => each.id === id);
    if (price === undefined) throw new TypeError(`Cannot price an instance: there is no ${id}`);
    return (price.tiers[0]?.[1] ?? 0) / price.per;
  };
  return of("run.cpu") * FIGURES.vcpus + of("run.memory") * FIGURES.memoryGib;
}

/** The value below which a share of the sorted values lies; 0 where there are none. */
function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

import { cpuMsOf, FIGURES, FLEET, PRICES } from "./facts.ts";
import { type Random, seededRandom } from "@tintype/core/seeded_random";

/** A day to simulate. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Mean arrivals a second, at a second of the day. */
  readonly ratePerS: (second: number) => number;
  /** Images that each run into the deadline of their pixel process, a second. */
  readonly poisonPerS: (second: number) => number;
  readonly seed: number;
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
const SCALE_IN_AFTER_S = 900;
/** Shares of the fleet, and the CPU milliseconds of an image of each. */
const WORKS = FLEET.map(({ share, megapixels }) => ({ share, cpuMs: cpuMsOf(megapixels) }));

/** What an image that never ends takes of a process. */
const POISON_S = FIGURES.deadlineMs / 1000;

/**
 * Walks through a day second by second: images arrive at random, wait in one line, and are worked off by instances that
 * come after a cold start and go after a quarter of an hour without need. Pub/Sub's backoff is left out: a wait of more
 * than some minutes is longer in truth by up to ten.
 */
export function simulate(scenario: Scenario): Simulated {
  const random = seededRandom(scenario.seed);
  const day = new Day();
  for (let second = 0; second < DAY_S * 2; second++) {
    const isOver = second >= DAY_S;
    if (isOver && day.isEmpty) break;
    if (!isOver) {
      const [good, poison] = [scenario.ratePerS(second), scenario.poisonPerS(second)];
      const images = good === 0 ? 0 : poisson(random, good);
      for (let image = 0; image < images; image++) day.arrive(second, workOf(random) / 1000);
      const endless = poison === 0 ? 0 : poisson(random, poison);
      for (let image = 0; image < endless; image++) day.arrive(second, POISON_S);
    }
    day.tick(second);
  }
  return day.result(scenario);
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

/** The line, the instances, and what is counted of them. */
class Day {
  /** When each image came, and how much work it is, in seconds of one vCPU. */
  readonly #arrived: number[] = [];
  readonly #works: number[] = [];
  #first = 0;
  /** How much of the first one is done, in seconds of one vCPU. */
  #done = 0;
  #instances = 0;
  #starting: number[] = [];
  #neededUntil = 0;
  #recentWork: number[] = [];
  #workNow = 0;
  #billedInstanceS = 0;
  #arrivedInSlice = 0;
  readonly #latencies: number[] = [];
  #sliceLatencies: number[] = [];
  readonly #slices: Slice[] = [];
  #peakInstances = 0;
  #peakQueued = 0;

  get isEmpty(): boolean {
    return this.#first === this.#arrived.length;
  }

  get #queued(): number {
    return this.#arrived.length - this.#first;
  }

  arrive(arrivedS: number, workS: number): void {
    this.#arrived.push(arrivedS);
    this.#works.push(workS);
    this.#workNow += workS;
    this.#arrivedInSlice++;
  }

  tick(second: number): void {
    this.#scale(second);
    const isBusy = !this.isEmpty;
    if (isBusy) this.#billedInstanceS += Math.min(this.#instances, Math.max(1, this.#queued));
    this.#peakQueued = Math.max(this.#peakQueued, this.#queued);
    this.#work(second);
    if ((second + 1) % (SLICE_MIN * 60) === 0 && second < DAY_S) this.#endSlice(second);
  }

  /** Cloud Run's rule in short: enough instances that CPU and places are used to the share it aims at. */
  #scale(second: number): void {
    this.#recentWork.push(this.#workNow);
    this.#workNow = 0;
    if (this.#recentWork.length > 10) this.#recentWork.shift();
    const workPerS = this.#recentWork.reduce((sum, work) => sum + work, 0) /
      this.#recentWork.length;
    const { vcpus, concurrency, maxInstances, utilization } = FIGURES;
    const byCpu = workPerS / (vcpus * utilization);
    const byPlaces = this.#queued / (concurrency * utilization);
    const wanted = Math.min(maxInstances, Math.ceil(Math.max(byCpu, byPlaces)));
    this.#instances += this.#starting.filter((at) => at <= second).length;
    this.#starting = this.#starting.filter((at) => at > second);
    const coming = this.#instances + this.#starting.length;
    const readyAt = second + Math.ceil(FIGURES.coldStartMs / 1000);
    for (let count = coming; count < wanted; count++) this.#starting.push(readyAt);
    if (wanted >= this.#instances) this.#neededUntil = second;
    if (second - this.#neededUntil > SCALE_IN_AFTER_S) {
      this.#instances = Math.max(wanted, this.#instances - 1);
      this.#neededUntil = second - SCALE_IN_AFTER_S + 60;
    }
    this.#peakInstances = Math.max(this.#peakInstances, this.#instances);
  }

  #work(second: number): void {
    const capacityS = this.#instances * FIGURES.vcpus;
    let leftS = capacityS;
    while (leftS > 0 && !this.isEmpty) {
      const arrivedS = this.#arrived[this.#first] ?? second;
      const workS = this.#works[this.#first] ?? 0;
      const needS = workS - this.#done;
      if (needS > leftS) {
        this.#done += leftS;
        return;
      }
      leftS -= needS;
      this.#done = 0;
      this.#first++;
      // Work is shared in the line's order; a single image is never faster than its own CPU time.
      const waitedS = second + (capacityS - leftS) / capacityS - arrivedS;
      if (workS < POISON_S) this.#ready(Math.max(waitedS, workS));
    }
  }

  #ready(workedS: number): void {
    const latencyS = workedS + FIGURES.ioMs / 1000;
    this.#latencies.push(latencyS);
    this.#sliceLatencies.push(latencyS);
  }

  #endSlice(second: number): void {
    this.#slices.push({
      minute: (second + 1) / 60,
      arrivalsPerS: this.#arrivedInSlice / (SLICE_MIN * 60),
      instances: this.#instances,
      queued: this.#queued,
      p95S: quantile(Float64Array.from(this.#sliceLatencies).sort(), 0.95),
    });
    this.#sliceLatencies = [];
    this.#arrivedInSlice = 0;
  }

  result(scenario: Scenario): Simulated {
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      scenario,
      images: this.#arrived.length,
      peakInstances: this.#peakInstances,
      peakQueued: this.#peakQueued,
      p50S: quantile(sorted, 0.5),
      p95S: quantile(sorted, 0.95),
      p99S: quantile(sorted, 0.99),
      worstS: sorted[sorted.length - 1] ?? 0,
      runUsd: this.#billedInstanceS * instanceUsdPerS(),
      slices: this.#slices,
    };
  }
}

/** What a second of an instance costs while a request is under way, free tiers not taken off. */
export function instanceUsdPerS(): number {
  const of = (id: string) => {
    const price = PRICES.find((each) => each.id === id);
    if (price === undefined) throw new TypeError(`Cannot price an instance as there is no ${id}`);
    return price.usd / price.per;
  };
  return of("run.cpu") * FIGURES.vcpus + of("run.memory") * FIGURES.memoryGib;
}

/** The value below which a share of the sorted values lies; 0 where there are none. */
function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

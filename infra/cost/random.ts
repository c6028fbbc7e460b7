/** Numbers from 0 to 1 that a seed determines: mulberry32, good enough for queues and small enough to read. */
export type Random = () => number;

/** A generator; the same seed gives the same numbers on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
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

import type { Random } from "@tintype/core/seeded_random";

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

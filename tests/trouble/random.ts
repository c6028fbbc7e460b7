/** Numbers of [0, 1) that a seed decides. */
export type Random = () => number;

/** The numbers of a seed, by the generator mulberry32: the same seed is the same campaign. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The items in an order that the numbers decide. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items.map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

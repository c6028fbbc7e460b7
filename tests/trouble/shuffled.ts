import type { Random } from "@tintype/core/seeded_random";

/** The items in an order that the numbers decide. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items.map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** The points of a record's way at which a process may die; each has its crash in the tests. */
export const DELIVERY_POINTS = [
  "fetched",
  "before_create",
  "created",
  "marked",
  "refusing",
  "refused",
  "rebalancing",
  "assembling",
] as const;

/**
 * Where a record is: fetched and not begun; about to be created; created and not marked durable; marked and not
 * committed; about to be a dead letter; a dead letter and not marked; the group moves on; a chunk of several is stored.
 */
export type DeliveryPoint = typeof DELIVERY_POINTS[number];

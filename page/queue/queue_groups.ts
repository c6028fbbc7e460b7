/** In which groups the queue's list shows its items, and which of them have a slot at its top. */
import type { QueueItem } from "@tintype/client/queue/queue_item";

/** Groups of the list, in their order. */
export const GROUPS = ["current", "refused", "waiting", "finished"] as const;

/** A group of the list. */
export type Group = typeof GROUPS[number];

/** The items of each group, in the order in which they are shown. */
export type QueueGroups = Readonly<Record<Group, readonly QueueItem[]>>;

/** Rows at the top of the list: the three that are sent, and three that the service is processing. */
export const SLOTS = 6;

/** Groups of more rows than these are folded at first; what needs no attention folds while others are on their way. */
const UNFOLDED: Readonly<Record<Group, number>> = {
  current: Infinity,
  refused: 5,
  waiting: 3,
  finished: 3,
};

/** The group of an item; one that is processed and has no slot is summarised with those that are current. */
function groupOf({ state, sentBytes }: QueueItem): Group {
  if (state === "refused") return "refused";
  if (state === "ready" || state === "stored") return "finished";
  if (state === "queued" || state === "paused" && sentBytes === 0) return "waiting";
  return "current";
}

/** Sorts items into their groups; the current ones stand in the order of `slots`, others that are current after them. */
export function groupsOf(items: readonly QueueItem[], slots: readonly string[]): QueueGroups {
  const groups = { current: [], refused: [], waiting: [], finished: [] } as Record<
    Group,
    QueueItem[]
  >;
  const slotOf = new Map(slots.map((id, at) => [id, at]));
  for (const item of items) groups[slotOf.has(item.id) ? "current" : groupOf(item)].push(item);
  const place = ({ id }: QueueItem) => slotOf.get(id) ?? SLOTS;
  groups.current.sort((a, b) => place(a) - place(b));
  return groups;
}

/**
 * Which items have the slots now. An item keeps its slot while it is current, and a free slot gets the next item in place,
 * so that no row moves. The row `heldId`, which is under the pointer or has the focus, keeps its slot whatever it becomes.
 */
export function nextSlots(
  items: readonly QueueItem[],
  before: readonly string[],
  heldId?: string,
): string[] {
  const isHeld = ({ id }: QueueItem) => id === heldId && before.includes(id);
  const rank = (item: QueueItem) => isHeld(item) ? 0 : item.state === "processing" ? 2 : 1;
  const wanted = items.filter((item) => isHeld(item) || groupOf(item) === "current")
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, SLOTS).map(({ id }) => id);
  const free = wanted.filter((id) => !before.includes(id));
  const kept = before.map((id) => wanted.includes(id) ? id : free.shift());
  return [...kept, ...free].filter((id) => id !== undefined);
}

/** Whether a group is unfolded where nobody has said otherwise. */
export function isUnfolded(group: Group, { current, waiting, ...groups }: QueueGroups): boolean {
  const count = { current, waiting, ...groups }[group].length;
  if (group === "finished" && current.length + waiting.length > 0) return false;
  return count <= UNFOLDED[group];
}

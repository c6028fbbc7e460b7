/** What the queue and its rows say, and what can be done with them. */
import { ENDED, PAUSABLE, type QueueItem } from "@tintype/client/queue/queue_item";
import { refusalOf, WORDS } from "../words.ts";

const words = WORDS.queue;

/** What a person can do with one row. */
export type RowAction = "pause" | "resume" | "retry" | "cancel" | "dismiss";

/** What a person can do with the whole queue. */
export type QueueAction = "show" | "pauseAll" | "resumeAll" | "dismissAll";

/** The queue's title. */
export function titleOf(items: readonly QueueItem[]): string {
  if (items.some(({ state }) => !ENDED.has(state))) return words.title;
  return countOf(items, "ready") === 0 ? words.refusedTitle : words.doneTitle;
}

/** How far the queue is, in numbers. */
export function noteOf(items: readonly QueueItem[]): string {
  const refused = countOf(items, "refused");
  return words.progress(countOf(items, "ready"), items.length - refused, refused);
}

/** How many items are in a state. */
export function countOf(items: readonly QueueItem[], state: QueueItem["state"]): number {
  return items.filter((item) => item.state === state).length;
}

/** What can be done with the whole queue now. */
export function queueActionsOf(items: readonly QueueItem[]): QueueAction[] {
  const can = {
    show: countOf(items, "ready") > 0,
    pauseAll: items.some(({ state }) => PAUSABLE.has(state)),
    resumeAll: countOf(items, "paused") > 0,
    dismissAll: countOf(items, "refused") > 1,
  } as const satisfies Record<QueueAction, boolean>;
  return (Object.keys(can) as QueueAction[]).filter((action) => can[action]); // keys of the record
}

/** What a row says of its item's state; nothing of a refusal, which has sentences of its own. */
export function stateText(item: QueueItem): string {
  const { state, sentBytes, size, bytesPerSecond, problem, isKept } = item;
  const { states } = words;
  const texts = {
    queued: states.queued,
    sending: states.sending(sentBytes, size, bytesPerSecond),
    waiting: problem?.code === "network" ? states.waiting : states.heldUp,
    paused: states.paused(sentBytes, size),
    processing: states.developing,
    stored: states.ready,
    ready: states.ready,
    refused: "",
  } as const satisfies Record<QueueItem["state"], string>;
  return isKept || state === "ready" ? texts[state] : `${texts[state]}. ${words.notKept}`;
}

/** What can be done with one item now. */
export function rowActionsOf({ state, problem }: QueueItem): RowAction[] {
  if (PAUSABLE.has(state)) return ["pause", "cancel"];
  if (state === "paused") return ["resume", "cancel"];
  if (state !== "refused") return [];
  return refusalOf(problem?.code ?? "internal").canRetry ? ["retry", "dismiss"] : ["dismiss"];
}

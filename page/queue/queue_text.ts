/** What the queue and its rows say, and what can be done with them. */
import { ENDED, PAUSABLE, type QueueItem } from "@tintype/client/queue/queue_item";
import { totalsOf } from "@tintype/client/queue/queue_options";
import { bytesText, durationText } from "../quantities.ts";
import { refusalOf, WORDS } from "../words.ts";

const words = WORDS.queue;

/** What a person can do with one row. */
export type RowAction = "pause" | "resume" | "retry" | "cancel" | "dismiss";

/** What a person can do with the whole queue. */
export type QueueAction = "show" | "pauseAll" | "resumeAll" | "dismissAll";

/** What the queue as a whole is doing. */
type QueueState =
  | "sending"
  | "processing"
  | "paused"
  | "offline"
  | "heldUp"
  | "ready"
  | "refused";

/** What the queue is doing: what keeps all of it from moving comes before what it would do. */
export function queueStateOf(items: readonly QueueItem[]): QueueState {
  const has = (state: QueueItem["state"]) => countOf(items, state) > 0;
  if (items.every(({ state }) => ENDED.has(state))) return has("ready") ? "ready" : "refused";
  if (has("sending")) return "sending";
  const waits = items.filter(({ state }) => state === "waiting");
  if (waits.some(isOffline)) return "offline";
  if (waits.length > 0) return "heldUp";
  if (has("queued")) return "sending";
  return has("processing") ? "processing" : "paused";
}

/** The queue's title. */
export function titleOf(items: readonly QueueItem[]): string {
  return words.titles[queueStateOf(items)];
}

/** How far the queue is, in pictures. */
export function noteOf(items: readonly QueueItem[]): string {
  const refused = countOf(items, "refused");
  return words.progress(countOf(items, "ready"), items.length - refused, refused);
}

/** How far the queue is, in bytes and time; nothing where nothing is left to send. */
export function bytesNoteOf(items: readonly QueueItem[]): string {
  const { bytes, sentBytes, bytesPerSecond } = totalsOf(items);
  if (sentBytes >= bytes) return "";
  const leftMs = (bytes - sentBytes) / bytesPerSecond * 1_000;
  return [
    words.amount(sentBytes, bytes),
    ...(leftMs >= 1_000 && leftMs < 86_400_000 ? [words.timeLeft(durationText(leftMs))] : []),
  ].join(", ");
}

/** What a folded group holds: its pictures, and their bytes where they are still to be sent. */
export function groupNoteOf(items: readonly QueueItem[]): string {
  const left = items.filter(({ state }) => state === "queued" || state === "paused");
  const bytes = left.reduce((sum, { size }) => sum + size, 0);
  return bytes === 0 ? String(items.length) : `${items.length}, ${bytesText(bytes)}`;
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
  const { state, sentBytes, size, bytesPerSecond, isKept } = item;
  const { states } = words;
  const texts = {
    queued: states.queued,
    sending: states.sending(sentBytes, size, bytesPerSecond),
    waiting: isOffline(item) ? states.waiting : states.heldUp,
    paused: states.paused(sentBytes, size),
    processing: states.processing,
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

function isOffline({ problem }: QueueItem): boolean {
  return problem?.code === "network";
}

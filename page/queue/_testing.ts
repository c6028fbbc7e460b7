import { entryOf, type QueueCalls, type QueueItem } from "@tintype/client/queue/queue_item";

const KEPT = { id: "1", addedAtMs: 0, type: "image/jpeg", isPaused: false };
const NEVER = { calls: {} as QueueCalls, metadata: undefined, release: () => undefined }; // nothing calls them

/** An item of 4 kB in a state. */
export function itemOf(state: QueueItem["state"], changes: Partial<QueueItem> = {}): QueueItem {
  return { ...entryOf({ ...KEPT, name: "1.jpg", size: 4_000 }, NEVER).item, state, ...changes };
}

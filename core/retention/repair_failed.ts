/** Failed images: their events are published again after a wait that each failure doubles. */
import { rawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { EventPublisher } from "../ports/event_publisher.ts";
import type { FailedImage, FailedRows } from "../ports/image_rows.ts";
import type { RetentionPolicy } from "./policy.ts";
import { hasLeft, readNote, type RepairNote, type RepairNotes, takeNote } from "./repair_notes.ts";

/** What repairing failed images needs. */
export interface RepairFailedPorts {
  readonly rows: FailedRows;
  readonly events: EventPublisher;
  readonly notes: RepairNotes;
  readonly policy: RetentionPolicy;
}

/** When it is, since when events that wait have waited, and what to do. */
export interface RepairRun extends CallOptions {
  readonly nowMs: number;
  readonly waitingSinceMs: number;
  /** At once, and only images whose T0 is not before it; those whose turn it is where none is given. */
  readonly sinceMs?: number | undefined;
  /** Whether to count and publish nothing. */
  readonly isDryRun?: boolean | undefined;
}

const SUBJECT = "failed";

/** What became of failed images. */
interface RepairedFailed {
  readonly failed: number;
  readonly heldBack: number;
}

/** Publishes the events of failed images again whose time has come, or of all of them where `sinceMs` is given. */
export async function repairFailed(
  ports: RepairFailedPorts,
  run: RepairRun,
): Promise<RepairedFailed> {
  const { rows, notes, policy } = ports;
  const { nowMs, sinceMs, isDryRun = false, signal } = run;
  const images = await rows.failedImages(sinceMs ?? nowMs - policy.periodMs, { signal });
  if (images.length === 0) return { failed: 0, heldBack: 0 };
  const note = await readNote(notes, SUBJECT, { signal });
  const states = images.map((image) => [image, stateOf(image, { ...run, policy, note })] as const);
  const due = states.filter(([, state]) => state === "due").map(([image]) => image);
  const heldBack = states.filter(([, state]) => state === "held back").length;
  if (due.length === 0 || isDryRun) return { failed: due.length, heldBack };
  const events = due.map(({ ref, generation }) => ({ name: rawName(ref), generation }));
  // By schedule each image's own times say when its event was published last.
  const close = sinceMs === undefined
    ? async () => undefined
    : await takeNote(notes, { subject: SUBJECT, note, nowMs, signal });
  if (close === null) return { failed: 0, heldBack: heldBack + due.length };
  try {
    await ports.events.republish("raw", events, { signal });
  } finally {
    await close();
  }
  return { failed: due.length, heldBack };
}

/** What an image's state depends on. */
interface Deciding extends RepairRun {
  readonly policy: RetentionPolicy;
  readonly note: RepairNote;
}

/**
 * By schedule an event is published when its wait ends, and again each time that twice as long has passed, should it have
 * got lost: so nothing has to be remembered to know when it was published last, which must have left the queues.
 */
function stateOf(
  { failures, failedAtMs }: FailedImage,
  { nowMs, sinceMs, waitingSinceMs, policy, note }: Deciding,
): "due" | "held back" | "waits" {
  const waitMs = policy.failedAfterMs * 2 ** failures;
  const turn = Math.floor(Math.log2(Math.max(1, nowMs - failedAtMs) / waitMs)); // below 0: its wait goes on
  const turnMs = (number: number) => number < 0 ? undefined : failedAtMs + waitMs * 2 ** number;
  const isNow = sinceMs !== undefined;
  const thisTurnMs = turnMs(turn);
  const isTurn = thisTurnMs !== undefined && thisTurnMs > nowMs - policy.repairIntervalMs;
  if (!isNow && !isTurn) return "waits";
  const previousMs = turnMs(isNow ? turn : turn - 1);
  const mayWait = previousMs !== undefined &&
    waitingSinceMs <= previousMs + policy.repairIntervalMs;
  const isNoted = note !== null && failedAtMs <= note.createdMs && !hasLeft(note, waitingSinceMs);
  return mayWait || isNoted ? "held back" : "due";
}

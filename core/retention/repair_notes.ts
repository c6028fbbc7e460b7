/**
 * Notes of when repair last published events, so that it publishes none again while that one may still wait in a queue:
 * one object a subject (a shard, or the failed images), replaced by generation, so that of two runs one publishes.
 */
import { repairNoteName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type {
  ObjectCreator,
  ObjectFacts,
  ObjectReader,
  ObjectReplacer,
} from "../ports/object_store.ts";

/** Where notes are kept. */
export type RepairNotes = Pick<ObjectReader, "stat"> & ObjectCreator & ObjectReplacer;

/** A note, or that there is none yet. */
export type RepairNote = ObjectFacts | null;

/** The longest that a run publishes, in milliseconds: as long as a request to the keeper may take. */
const LONGEST_RUN_MS = 1_800_000;

/** Reads a subject's note. */
export async function readNote(
  notes: RepairNotes,
  subject: string,
  options: CallOptions,
): Promise<RepairNote> {
  return await notes.stat(repairNoteName(subject), options);
}

/** Whether every event of the noted run has left the queues, given since when those that wait have waited. */
export function hasLeft(note: RepairNote, waitingSinceMs: number): boolean {
  if (note === null) return true;
  const isOpen = note.metadata["state"] === "publishing";
  return waitingSinceMs > note.createdMs + (isOpen ? LONGEST_RUN_MS : 0);
}

/** What a run notes. */
export interface Noting extends CallOptions {
  /** A shard, or `failed`. */
  readonly subject: string;
  /** The note that was read before. */
  readonly note: RepairNote;
  readonly nowMs: number;
}

/**
 * Notes that events of a subject are published from now on; the answer notes that they all are, whatever became of them.
 * Null where another run has taken the subject meanwhile: nothing may be published then.
 */
export async function takeNote(
  notes: RepairNotes,
  { subject, note, nowMs, ...options }: Noting,
): Promise<(() => Promise<void>) | null> {
  const name = repairNoteName(subject);
  const write = { contentType: "application/octet-stream", customTimeMs: nowMs, ...options };
  const stateOf = (state: string) => ({ ...write, metadata: { state } });
  const replace = (state: string, ifGeneration: string) =>
    notes.replace(name, new Uint8Array(), { ...stateOf(state), ifGeneration });
  const create = async () => {
    const made = await notes.create(name, new Uint8Array(), stateOf("publishing"));
    return made.created ? made.generation : null;
  };
  const taken = note === null ? await create() : await replace("publishing", note.generation);
  if (taken === null) return null;
  return async () => void await replace("published", taken);
}

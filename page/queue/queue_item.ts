import type { Image, Upload } from "@tintype/client/client";
import { UploadError } from "@tintype/client/problem";
import { SignedOut } from "../session/session.ts";
import type { KeptFile } from "./kept_files.ts";

/** Why a picture was refused: a code of the edge, of the client, or of a rejection. */
export interface ItemProblem {
  readonly code: string;
  readonly detail: string;
}

/**
 * Where a picture of the queue is: `queued` for its turn, `reading` its bytes, `sending`, `waiting` for the next try,
 * `paused` by its owner, `developing` at the service, `ready` until it leaves for the gallery, `refused` with a reason
 * that its row tells.
 */
export type ItemState =
  | "queued"
  | "reading"
  | "sending"
  | "waiting"
  | "paused"
  | "developing"
  | "ready"
  | "refused";

/** A picture of the queue, as the views read it. */
export interface QueueItem {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly state: ItemState;
  /** Bytes that the store holds. */
  readonly heldBytes: number;
  readonly bytesPerSecond: number | undefined;
  readonly problem: ItemProblem | undefined;
  /** Whether it waits because the service asked for it, as after too many requests; else for the network. */
  readonly isHeldUp: boolean;
  /** Undefined while it is drawn, null where this browser cannot. */
  readonly thumbnail: string | null | undefined;
  /** Whether the file is kept in this browser, so that a reload does not lose it. */
  readonly isKept: boolean;
}

/** What the queue itself knows of an item. */
export interface QueueEntry {
  item: QueueItem;
  readonly addedAtMs: number;
  file: File | undefined;
  imageId: string | undefined;
  upload: Upload | undefined;
  /** What became of it, once that is known, and when it was read. */
  outcome: { readonly image: Image; readonly readAtMs: number } | undefined;
  /** Gives the picture free for other tabs. */
  readonly release: () => void;
  isGone: boolean;
}

/** States in which an item uses one of the lines to the store. */
export const ON_LINE: ReadonlySet<ItemState> = new Set(["reading", "sending", "waiting"]);

/** States in which nothing more happens to an item by itself. */
export const FINISHED: ReadonlySet<ItemState> = new Set(["ready", "refused"]);

/** States that a pause ends, and a resume brings back. */
export const PAUSABLE: ReadonlySet<ItemState> = new Set([
  "queued",
  "reading",
  "sending",
  "waiting",
]);

/** The item of a file that enters the queue. */
export function itemOf({ id, name, size, type, isPaused }: KeptFile): QueueItem {
  return {
    ...{ id, name, size, type },
    state: isPaused ? "paused" : "queued",
    heldBytes: 0,
    bytesPerSecond: undefined,
    problem: undefined,
    isHeldUp: false,
    thumbnail: undefined,
    isKept: true,
  };
}

/** What is kept of an entry between reloads. */
export function keptFileOf(entry: QueueEntry, account: string): KeptFile {
  const { item: { id, name, size, type, state }, file, imageId, addedAtMs } = entry;
  return {
    ...{ id, account, name, size, type, addedAtMs, isPaused: state === "paused" },
    ...(file === undefined ? {} : { file }),
    ...(imageId === undefined ? {} : { imageId }),
  };
}

/** What went wrong, as a problem; what is not a problem of the client's or the session's is ours. */
export function problemOf(error: unknown): ItemProblem {
  if (error instanceof UploadError) return error.problem;
  if (error instanceof SignedOut) return { code: "unauthenticated", detail: error.message };
  return { code: "internal", detail: error instanceof Error ? error.name : "" };
}

import type { Image, Images } from "../images.ts";
import type { Limits } from "../contract.ts";
import { UploadError } from "../problem.ts";
import type { QueuedOptions, Upload, UploadOptions } from "../upload.ts";
import type { UploadProgress } from "../upload_progress.ts";
import type { UploadSource } from "../upload_source.ts";
import type { KeptFile } from "./kept_files.ts";

/** What a queue asks of a client. */
export interface QueueCalls {
  upload(file: Blob | UploadSource, options?: QueuedOptions): Upload;
  readonly images: Pick<Images, "get" | "states">;
  limits(): Promise<Limits>;
}

/** A file for the queue that is no `File`. */
export interface QueueFile {
  /** To find its item by; the queue makes one where it is not given. */
  readonly id?: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly type: string;
  /** Called when its turn comes. */
  readonly open: () => Promise<Blob | UploadSource>;
  /** Where the store has all of it already. */
  readonly imageId?: string | undefined;
  /** Sends it; the queue's own client where it is not given. */
  readonly client?: QueueCalls | undefined;
}

/** Why a file did not become a picture: a code of the edge, of the client, or of a rejection. */
export interface ItemProblem {
  readonly code: string;
  readonly detail: string;
  /** The answer's status; 0 where none came, or the image was rejected. */
  readonly status: number;
  /** What was thrown, where it was no problem of the client's. */
  readonly cause?: unknown;
}

/**
 * Where a file is: `queued` for its turn, `sending`, `waiting` for the next try, `paused`, `processing` at the service, and
 * at the end `ready`, `refused`, or `stored` where nothing more is waited for.
 */
export type ItemState =
  | "queued"
  | "sending"
  | "waiting"
  | "paused"
  | "processing"
  | "stored"
  | "ready"
  | "refused";

/** A file of the queue. */
export interface QueueItem {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly state: ItemState;
  /** Bytes that have left; those that the store holds where the platform cannot say it. */
  readonly sentBytes: number;
  readonly bytesPerSecond: number | undefined;
  /** Why it waits, or was refused. */
  readonly problem: ItemProblem | undefined;
  /** Whether the file is kept between reloads. */
  readonly isKept: boolean;
  /** Known once the store has all of it. */
  readonly imageId: string | undefined;
  /** What became of it, and when that was read and the store had all of it. */
  readonly image: Image | undefined;
  readonly readAtMs: number;
  readonly storedAtMs: number;
}

/** What the queue itself knows of an item. */
export interface QueueEntry {
  item: QueueItem;
  readonly addedAtMs: number;
  readonly calls: QueueCalls;
  readonly metadata: UploadOptions["metadata"];
  file: File | QueueFile["open"] | undefined;
  upload: Upload | undefined;
  /** Lets it send; there while it waits for its turn. */
  go: (() => void) | undefined;
  /** Whether its upload was begun, has had a turn, and has one now. */
  isBegun: boolean;
  hadTurn: boolean;
  isSending: boolean;
  /** Gives the file free for other tabs. */
  readonly release: () => void;
  isGone: boolean;
}

/** States in which nothing more happens to an item by itself. */
export const ENDED: ReadonlySet<ItemState> = new Set(["ready", "stored", "refused"]);

/** States that a pause ends, and a resume brings back. */
export const PAUSABLE: ReadonlySet<ItemState> = new Set(["queued", "sending", "waiting"]);

/** A file that enters the queue. */
export interface QueuedFile extends Omit<KeptFile, "account" | "file"> {
  readonly file?: QueueEntry["file"];
}

/** The entry of a file that enters the queue. */
export function entryOf(
  { id, name, size, type, isPaused, imageId, file, addedAtMs }: QueuedFile,
  known: Pick<QueueEntry, "calls" | "metadata" | "release">,
): QueueEntry {
  const item: QueueItem = {
    ...{ id, name, size, type, imageId },
    state: isPaused ? "paused" : "queued",
    sentBytes: 0,
    bytesPerSecond: undefined,
    problem: undefined,
    isKept: true,
    image: undefined,
    readAtMs: 0,
    storedAtMs: 0,
  };
  const flags = { isBegun: false, hadTurn: false, isSending: false, isGone: false };
  return { item, addedAtMs, file, upload: undefined, go: undefined, ...known, ...flags };
}

/** What is kept of an entry between reloads; undefined where its file cannot be. */
export function keptFileOf(entry: QueueEntry, account: string): KeptFile | undefined {
  const { item: { id, name, size, type, state, imageId }, file, addedAtMs, metadata } = entry;
  if (typeof file === "function") return undefined;
  return {
    id,
    account,
    name,
    size,
    type,
    addedAtMs,
    isPaused: state === "paused",
    // The bytes are the store's.
    file: imageId === undefined ? file : undefined,
    imageId,
    metadata,
  };
}

/** What news of its upload changes of an item: what is paused stays so, and what has no turn is queued. */
export function changeBy(
  { item, isSending }: QueueEntry,
  { state, sentBytes, bytesPerSecond, error }: UploadProgress,
): Partial<QueueItem> {
  const shown = state === "waiting" ? "waiting" : isSending ? "sending" : "queued";
  return {
    sentBytes,
    bytesPerSecond,
    problem: error?.problem,
    state: item.state === "paused" ? "paused" : shown,
  };
}

/** What went wrong, as a problem; what is no problem of the client's is ours. */
export function itemProblemOf(error: unknown): ItemProblem {
  if (error instanceof UploadError) return error.problem;
  const isUnreadable = error instanceof Error && "code" in error; // of the system
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 0, code: isUnreadable ? "unreadable" : "internal", detail, cause: error };
}

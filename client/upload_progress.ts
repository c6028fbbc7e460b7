import type { UploadError } from "./problem.ts";

/**
 * Where an upload is: `reading` its file for the digests, `starting` a session, `sending`, `waiting` for the next try or
 * for the network, `paused`, and at the end `done`, `failed` or `cancelled`.
 */
export type UploadState =
  | "reading"
  | "starting"
  | "sending"
  | "waiting"
  | "paused"
  | "done"
  | "failed"
  | "cancelled";

/** What an upload reports while it runs. */
export interface UploadProgress {
  readonly state: UploadState;
  /** Known when it starts a session. */
  readonly imageId?: string | undefined;
  /** Bytes that the store holds; never fewer than before. */
  readonly heldBytes: number;
  /** Bytes that have left, where the platform can say it; those of a lost connection are taken back. */
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** Measured over the last chunks. */
  readonly bytesPerSecond?: number | undefined;
  /** Why it waits, or failed. */
  readonly error?: UploadError | undefined;
}

/** Keeps an upload's progress and reports each change. */
export class ProgressReport {
  readonly #onProgress: ((progress: UploadProgress) => void) | undefined;
  #now: UploadProgress;

  constructor(totalBytes: number, onProgress?: (progress: UploadProgress) => void) {
    this.#onProgress = onProgress;
    this.#now = { state: "reading", heldBytes: 0, sentBytes: 0, totalBytes };
  }

  get now(): UploadProgress {
    return this.#now;
  }

  /** Notes a change. A store that lost bytes, or a session, does not take progress back. */
  change(change: Partial<UploadProgress>): void {
    const { error: _past, ...before } = this.#now;
    const heldBytes = Math.max(before.heldBytes, change.heldBytes ?? 0);
    const leftBytes = change.sentBytes ?? (change.state === "sending" ? before.sentBytes : 0);
    this.#now = { ...before, ...change, heldBytes, sentBytes: Math.max(heldBytes, leftBytes) };
    this.#onProgress?.(this.#now);
  }
}

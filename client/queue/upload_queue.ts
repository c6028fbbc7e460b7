/**
 * The queue: a file is added, kept between reloads where there is a store, declared together with others before its turn,
 * sent when a line is free, and waited for until its image is ready. What has ended stays until it is removed.
 */
import type { Limits } from "../contract.ts";
import type { Image } from "../images.ts";
import type { ProblemCode } from "../problem.ts";
import { isRetryable } from "../retry.ts";
import type { UploadOptions } from "../upload.ts";
import { untilAborted } from "@tintype/gcs/signals";
import { newItemId, queuedFileOf, refusalOf } from "./admission.ts";
import { claim } from "./claim.ts";
import { nextToBegin, nextTurns } from "./lines.ts";
import {
  changeBy,
  ENDED,
  entryOf,
  type ItemProblem,
  itemProblemOf,
  keptFileOf,
  PAUSABLE,
  type QueueCalls,
  type QueuedFile,
  type QueueEntry,
  type QueueFile,
  type QueueItem,
} from "./queue_item.ts";
import { type QueueOptions, type QueueTotals, roomOf, totalsOf } from "./queue_options.ts";
import { WaitingLine } from "./waiting_line.ts";

/** A queue of files. */
export class UploadQueue {
  readonly #calls: QueueCalls;
  readonly #options: QueueOptions;
  readonly #entries = new Map<string, QueueEntry>();
  readonly #waiting: WaitingLine;
  readonly #room: ReturnType<typeof roomOf>;
  #limits: Limits | undefined;
  #added = 0;
  #isClosed = false;
  #onIdle: (() => void)[] = [];

  constructor(calls: QueueCalls, options: QueueOptions = {}) {
    this.#calls = calls;
    this.#options = options;
    this.#room = roomOf(options);
    this.#waiting = new WaitingLine({
      waiters: this.#room.waiters,
      onSettled: (entry, image) => this.#settle(entry, image),
      onProblem: (entry, problem) => this.#refuse(entry, problem),
    });
  }

  /** In the order in which they were added. */
  get items(): readonly QueueItem[] {
    return [...this.#entries.values()].map(({ item }) => item);
  }

  /** The file of an item that was added, or kept, in this browser. */
  fileOf(id: string): File | undefined {
    const file = this.#entries.get(id)?.file;
    return typeof file === "function" ? undefined : file;
  }

  /** Whether something is still on its way. */
  get isBusy(): boolean {
    return this.items.some(({ state }) => !ENDED.has(state));
  }

  /** What may be sent; undefined until it is known. */
  get limits(): Limits | undefined {
    return this.#limits;
  }

  get totals(): QueueTotals {
    return totalsOf(this.items);
  }

  /** Resolves when nothing is on its way any more, or the queue was stopped. */
  async idle(): Promise<void> {
    if (this.#isClosed || !this.isBusy) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Takes what an earlier life of the page kept, but for what another tab is sending. */
  async restore(): Promise<void> {
    const { store, account = "" } = this.#options;
    for (const kept of await store?.all(account) ?? []) {
      if (this.#entries.has(kept.id)) continue;
      const release = await claim(kept.id);
      if (release !== undefined) this.#enter(kept, { calls: this.#calls, release });
    }
    this.#learnLimits();
    this.#pump();
  }

  /** Adds files, in their order; what is no picture that is taken is refused before it is read. */
  async add(
    files: readonly (File | QueueFile)[],
    metadata?: UploadOptions["metadata"],
  ): Promise<readonly QueueItem[]> {
    this.#learnLimits();
    const addedAtMs = Date.now();
    const added = await Promise.all(files.map(async (file) => {
      const isFile = !("open" in file);
      const id = (isFile ? undefined : file.id) ?? newItemId(addedAtMs, this.#added++);
      const isClaimed = isFile && this.#options.store !== undefined;
      return {
        queued: await queuedFileOf(file, { id, addedAtMs, metadata }),
        calls: isFile ? this.#calls : file.client ?? this.#calls,
        // All claims first, so that the items come in one step.
        release: isClaimed ? await claim(id) : undefined,
      };
    }));
    const entries = added.map(({ queued, calls, release = () => undefined }) =>
      this.#enter(queued, { calls, release })
    );
    for (const entry of entries) if (entry.item.state === "queued") this.#keep(entry);
    this.#pump();
    return entries.map(({ item }) => item);
  }

  pause(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || !PAUSABLE.has(entry.item.state)) return;
    this.#change(entry, { state: "paused", bytesPerSecond: undefined });
    entry.upload?.pause();
    entry.isSending = false;
    this.#keep(entry);
    this.#pump();
  }

  resume(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.item.state !== "paused") return;
    this.#change(entry, { state: "queued" });
    this.#keep(entry);
    // What had its turn waits for another one; a session that was begun goes on where it stopped.
    if (entry.hadTurn) entry.go = () => entry.upload?.resume();
    else entry.upload?.resume();
    this.#pump();
  }

  /** Sends what was refused once more. */
  retry(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.item.state !== "refused" || entry.item.image?.status === "rejected") return;
    this.#change(entry, { state: "queued", problem: undefined, image: undefined });
    if (entry.item.imageId !== undefined) this.#waitFor(entry, entry.item.imageId);
    this.#pump();
  }

  /** Takes one out: what is under way ends. */
  async remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.isGone = true;
    entry.release();
    this.#entries.delete(id);
    void this.#options.store?.remove(id);
    this.#options.onRemove?.(entry.item);
    this.#changed();
    await entry.upload?.cancel().catch(() => undefined);
    this.#pump();
  }

  /** Takes out what was added before a time and never became an image. */
  async removeBefore(timeMs: number): Promise<void> {
    for (const { addedAtMs, item } of [...this.#entries.values()]) {
      if (addedAtMs < timeMs && item.image === undefined) await this.remove(item.id);
    }
  }

  pauseAll(): void {
    for (const { id } of this.items) this.pause(id);
  }

  resumeAll(): void {
    for (const { id } of this.items) this.resume(id);
  }

  /** Tries again whatever can be tried again, as when the network is back. */
  retryAll(): void {
    for (const { id, problem } of this.items) {
      if (problem !== undefined && this.#canRetry(problem)) this.retry(id);
    }
  }

  /** Ends everything and forgets it, in the store too. */
  async clear(): Promise<void> {
    this.#close();
    await Promise.all(this.items.map(({ id }) => this.remove(id)));
  }

  /** Stops working and keeps what there is for the next session. */
  stop(): void {
    this.#close();
    for (const { upload, release } of this.#entries.values()) {
      upload?.pause();
      release();
    }
  }

  #close(): void {
    this.#isClosed = true;
    this.#waiting.stop();
    this.#changed();
  }

  #enter(
    kept: QueuedFile,
    known: Pick<QueueEntry, "calls" | "release">,
  ): QueueEntry {
    const entry = entryOf(kept, { ...known, metadata: kept.metadata });
    this.#entries.set(kept.id, entry);
    if (kept.imageId !== undefined) this.#waitFor(entry, kept.imageId);
    else this.#admit(entry);
    this.#changed();
    return entry;
  }

  /** Asks for the limits; where they cannot be had, the edge alone refuses. */
  #learnLimits(): void {
    if (this.#limits !== undefined) return;
    void this.#calls.limits().then((limits) => {
      this.#limits = limits;
      for (const entry of this.#entries.values()) this.#admit(entry);
      this.#changed();
    }, () => undefined);
  }

  /** Refuses what the edge would. */
  #admit(entry: QueueEntry): void {
    if (entry.item.state !== "queued" || entry.isSending) return;
    const refusal = refusalOf(entry.item, this.#limits);
    if (refusal !== undefined) this.#refuse(entry, refusal);
  }

  /** Gives free lines to those that are next, and begins others, many at a time. */
  #pump(): void {
    if (this.#isClosed) return;
    const entries = [...this.#entries.values()];
    for (const entry of nextTurns(entries, this.#room.lines)) {
      const { go } = entry;
      entry.go = undefined;
      entry.isSending = true;
      entry.hadTurn = true;
      this.#change(entry, { state: "sending" });
      go?.();
    }
    for (const entry of nextToBegin(entries, this.#room)) void this.#send(entry);
  }

  async #send(entry: QueueEntry): Promise<void> {
    entry.isBegun = true;
    try {
      const { file, calls, item, metadata } = entry;
      const opened = typeof file === "function" ? await file() : file;
      if (opened === undefined || entry.isGone) return;
      const upload = calls.upload(opened, {
        metadata: { ...metadata, contentType: item.type },
        turn: (signal) => this.#turn(entry, signal),
        onProgress: (progress) => this.#change(entry, changeBy(entry, progress)),
      });
      entry.upload = upload;
      if (entry.item.state === "paused" || this.#isClosed) upload.pause();
      const { imageId } = await upload;
      if (!entry.isGone) this.#waitFor(entry, imageId);
    } catch (error) {
      if (!entry.isGone) this.#refuse(entry, itemProblemOf(error));
    } finally {
      entry.upload = undefined;
      entry.isBegun = false;
      if (this.#options.holdsLine !== true || ENDED.has(entry.item.state)) entry.isSending = false;
      this.#pump();
    }
  }

  async #turn(entry: QueueEntry, signal: AbortSignal): Promise<void> {
    await untilAborted(signal, (resolve) => {
      entry.go = resolve;
      queueMicrotask(() => this.#pump());
      return () => entry.go = undefined;
    });
  }

  /** The store has all of it. */
  #waitFor(entry: QueueEntry, imageId: string): void {
    const isOver = this.#options.until === "stored";
    const sentBytes = entry.item.size;
    const state = isOver ? "stored" : "processing";
    this.#change(entry, { imageId, sentBytes, state, problem: undefined, storedAtMs: Date.now() });
    this.#options.onStored?.(entry.item);
    if (isOver) return this.#end(entry);
    this.#keep(entry);
    this.#waiting.add(entry);
  }

  #settle(entry: QueueEntry, image: Image): void {
    this.#change(entry, { image, readAtMs: Date.now() });
    const { reason: code = "internal", detail = "" } = image;
    if (image.status !== "ready") return this.#refuse(entry, { status: 0, code, detail });
    this.#change(entry, { state: "ready" });
    this.#end(entry);
  }

  #refuse(entry: QueueEntry, problem: ItemProblem): void {
    this.#change(entry, { state: "refused", problem, bytesPerSecond: undefined });
    this.#end(entry);
  }

  #end(entry: QueueEntry): void {
    const { problem, id, image } = entry.item;
    const isFinal = problem === undefined || image !== undefined || !this.#canRetry(problem);
    if (isFinal) void this.#options.store?.remove(id);
    entry.isSending = false;
    this.#options.onEnd?.(entry.item);
    this.#pump();
  }

  #canRetry(problem: ItemProblem): boolean {
    const { canRetry } = this.#options;
    // A code that it does not know is final.
    return canRetry?.(problem) ?? isRetryable({ ...problem, code: problem.code as ProblemCode });
  }

  #keep(entry: QueueEntry): void {
    const { store, account = "" } = this.#options;
    const kept = keptFileOf(entry, account);
    if (store === undefined || kept === undefined) return;
    void store.put(kept).then((isKept) => {
      if (isKept !== entry.item.isKept) this.#change(entry, { isKept });
    });
  }

  #change(entry: QueueEntry, change: Partial<QueueItem>): void {
    if (entry.isGone) return;
    entry.item = { ...entry.item, ...change };
    this.#changed(entry.item);
  }

  #changed(item?: QueueItem): void {
    this.#options.onChange?.(item);
    if (this.#onIdle.length === 0 || !this.#isClosed && this.isBusy) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

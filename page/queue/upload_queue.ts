/**
 * The queue: a file is added, kept in this browser, sent when a line is free, and waited for until it is developed. What
 * is finished stays where it is until its owner has seen it, so that nothing moves meanwhile. Every change is told by
 * `onChange`.
 */
import type { Client, Image } from "@tintype/client/client";
import type { PictureType } from "../page_config.ts";
import { refusalOf } from "../words.ts";
import { claim } from "./claim.ts";
import { DevelopingLine } from "./developing_line.ts";
import type { KeptFile, KeptFiles } from "./kept_files.ts";
import { mediaTypeOf } from "./media_type_of.ts";
import {
  FINISHED,
  itemOf,
  type ItemProblem,
  keptFileOf,
  PAUSABLE,
  type QueueEntry,
  type QueueItem,
} from "./queue_item.ts";
import { sendingLine } from "./sending_line.ts";

/** What the queue works with. */
export interface QueueOptions {
  readonly client: Client;
  readonly kept: KeptFiles;
  readonly account: string;
  /** The media types that are taken. */
  readonly types: readonly PictureType[];
  readonly thumbnailOf: (file: Blob) => Promise<string | undefined>;
  readonly onChange: () => void;
  /** Called with what became of a picture; `name` is its file's. */
  readonly onSettled: (image: Image, name: string) => void;
  /** Called with a settled picture when it leaves the queue; `readAtMs` is when its state was read. */
  readonly onLeft: (image: Image, readAtMs: number) => void;
  /** Whether pictures may leave by themselves when all are finished, as that moves nothing in view. */
  readonly mayLeave: () => boolean;
  readonly onRefused: (item: QueueItem) => void;
}

/** The queue of one signed-in person. */
export class UploadQueue {
  readonly #options: QueueOptions;
  readonly #entries = new Map<string, QueueEntry>();
  readonly #send: ReturnType<typeof sendingLine>;
  readonly #developing: DevelopingLine;
  #isClosed = false;

  constructor(options: QueueOptions) {
    const { client } = options;
    const onProblem = (entry: QueueEntry, problem: ItemProblem) => this.#refuse(entry, problem);
    this.#options = options;
    this.#send = sendingLine({
      ...{ client, onProblem },
      onChange: (entry, change) => this.#change(entry, change),
      onSent: (entry) => this.#develop(entry),
      onFree: () => this.#pump(),
    });
    this.#developing = new DevelopingLine({
      ...{ client, onProblem },
      onSettled: (entry, image) => this.#settle(entry, image),
    });
  }

  get items(): readonly QueueItem[] {
    return [...this.#entries.values()].map(({ item }) => item);
  }

  /** Whether something is still on its way. */
  get isBusy(): boolean {
    return this.items.some(({ state }) => !FINISHED.has(state));
  }

  /** Takes what an earlier life of the page kept, but for what another tab is sending. */
  async restore(): Promise<void> {
    const { kept, account } = this.#options;
    for (const each of await kept.all(account)) {
      if (this.#entries.has(each.id)) continue;
      const release = await claim(each.id);
      if (release !== undefined) this.#enter(each, release);
    }
    this.#pump();
  }

  /** Adds files, in their order. */
  async add(files: readonly File[]): Promise<void> {
    const { kept, account, types } = this.#options;
    const addedAtMs = Date.now();
    const added = await Promise.all(files.map(async (file, index): Promise<KeptFile> => ({
      id: `${String(addedAtMs)}-${String(index).padStart(5, "0")}-${crypto.randomUUID()}`,
      account,
      name: file.name || "pasted picture",
      size: file.size,
      type: await mediaTypeOf(file, types),
      addedAtMs,
      file,
      isPaused: false,
    })));
    // All claims first, so that the rows come in one step.
    const releases = await Promise.all(added.map(({ id }) => claim(id)));
    for (const [index, each] of added.entries()) {
      const entry = this.#enter(each, releases[index] ?? (() => undefined));
      if (entry.item.state === "refused") continue;
      void kept.put(each).then((isKept) => this.#change(entry, { isKept }));
    }
    this.#pump();
  }

  pause(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || !PAUSABLE.has(entry.item.state)) return;
    entry.upload?.pause();
    this.#change(entry, { state: "paused", bytesPerSecond: undefined });
    this.#keep(entry);
    this.#pump();
  }

  resume(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.item.state !== "paused") return;
    // It waits for a free line like any other; a session that was begun goes on where it stopped.
    this.#change(entry, { state: "queued" });
    this.#keep(entry);
    this.#pump();
  }

  /** Sends what was refused once more. */
  retry(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.item.state !== "refused") return;
    this.#change(entry, { state: "queued", problem: undefined });
    entry.outcome = undefined;
    if (entry.imageId !== undefined) this.#develop(entry);
    this.#pump();
  }

  /** Takes one out: what is under way ends, what was refused is put away. */
  async remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#forget(entry);
    await entry.upload?.cancel().catch(() => undefined);
    this.#pump();
  }

  /** Takes out what was added before a time and never became an image. */
  async removeBefore(timeMs: number): Promise<void> {
    const old = [...this.#entries.values()].filter((entry) =>
      entry.addedAtMs < timeMs && entry.outcome === undefined
    );
    await Promise.all(old.map(({ item }) => this.remove(item.id)));
  }

  pauseAll(): void {
    for (const { id } of this.items) this.pause(id);
  }

  resumeAll(): void {
    for (const { id } of this.items) this.resume(id);
  }

  /** Lets what is ready leave for the gallery: all of it, or what `which` chooses. */
  putAwayReady(which: (image: Image) => boolean = () => true): void {
    for (const entry of [...this.#entries.values()]) {
      const { item, outcome } = entry;
      if (item.state === "ready" && outcome && which(outcome.image)) this.#forget(entry);
    }
  }

  /** Puts away all that was refused. */
  dismissAll(): void {
    for (const { id, state } of this.items) if (state === "refused") void this.remove(id);
  }

  /** Tries again whatever can be tried again, as when the network is back. */
  retryAll(): void {
    for (const { id, problem } of this.items) {
      if (problem !== undefined && refusalOf(problem.code).canRetry) this.retry(id);
    }
  }

  /** Ends everything and forgets it, in this browser too. */
  async clear(): Promise<void> {
    this.#isClosed = true;
    this.#developing.stop();
    await Promise.all(this.items.map(({ id }) => this.remove(id)));
  }

  /** Stops working and keeps what there is for the next session. */
  stop(): void {
    this.#isClosed = true;
    this.#developing.stop();
    for (const entry of this.#entries.values()) {
      entry.upload?.pause();
      entry.release();
    }
  }

  #enter(kept: KeptFile, release: () => void): QueueEntry {
    const { id, addedAtMs, file, imageId } = kept;
    const entry: QueueEntry = {
      item: itemOf(kept),
      ...{ addedAtMs, file, imageId, release },
      ...{ upload: undefined, outcome: undefined, isGone: false },
    };
    this.#entries.set(id, entry);
    if (imageId !== undefined) this.#develop(entry);
    else if (!this.#options.types.some(({ type }) => type === kept.type)) {
      this.#refuse(entry, { code: "unsupported_type", detail: kept.type });
    } else if (kept.size === 0) this.#refuse(entry, { code: "truncated", detail: "" });
    void this.#draw(entry);
    this.#options.onChange();
    return entry;
  }

  async #draw(entry: QueueEntry): Promise<void> {
    const { file, item } = entry;
    const isPicture = file !== undefined && item.type.startsWith("image/");
    const thumbnail = isPicture ? await this.#options.thumbnailOf(file) ?? null : null;
    if (entry.isGone && thumbnail !== null) URL.revokeObjectURL(thumbnail);
    else this.#change(entry, { thumbnail });
  }

  #pump(): void {
    if (!this.#isClosed) this.#send([...this.#entries.values()]);
  }

  #develop(entry: QueueEntry): void {
    this.#change(entry, { state: "developing", heldBytes: entry.item.size, problem: undefined });
    entry.file = undefined;
    this.#keep(entry);
    this.#developing.add(entry);
  }

  #settle(entry: QueueEntry, image: Image): void {
    const { kept, onSettled, mayLeave } = this.#options;
    entry.outcome = { image, readAtMs: Date.now() };
    void kept.remove(entry.item.id);
    if (image.status === "ready") {
      this.#change(entry, { state: "ready" });
    } else {
      const { reason = "internal", detail = "" } = image;
      this.#refuse(entry, { code: reason, detail });
    }
    onSettled(image, entry.item.name);
    if (!this.isBusy && mayLeave()) this.putAwayReady();
  }

  #refuse(entry: QueueEntry, problem: ItemProblem): void {
    this.#change(entry, { state: "refused", problem, bytesPerSecond: undefined });
    if (!refusalOf(problem.code).canRetry) void this.#options.kept.remove(entry.item.id);
    this.#options.onRefused(entry.item);
  }

  #forget(entry: QueueEntry): void {
    const { id, thumbnail } = entry.item;
    const { outcome } = entry;
    entry.isGone = true;
    entry.release();
    this.#entries.delete(id);
    if (typeof thumbnail === "string") URL.revokeObjectURL(thumbnail);
    void this.#options.kept.remove(id);
    if (outcome !== undefined) this.#options.onLeft(outcome.image, outcome.readAtMs);
    this.#options.onChange();
  }

  #keep(entry: QueueEntry): void {
    const record = keptFileOf(entry, this.#options.account);
    void this.#options.kept.put(record).then((isKept) => this.#change(entry, { isKept }));
  }

  #change(entry: QueueEntry, change: Partial<QueueItem>): void {
    if (entry.isGone) return;
    entry.item = { ...entry.item, ...change };
    this.#options.onChange();
  }
}

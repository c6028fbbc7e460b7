import type { Client } from "@tintype/client/client";
import { changeBy } from "./item_changes.ts";
import { type ItemProblem, problemOf } from "./item_problem.ts";
import { ON_LINE, type QueueEntry, type QueueItem } from "./queue_item.ts";

/** What becomes of those that are sent. */
interface SendingLineOptions {
  readonly client: Pick<Client, "upload">;
  readonly onChange: (entry: QueueEntry, change: Partial<QueueItem>) => void;
  /** Called when the store has all of a picture, whose id is set. */
  readonly onSent: (entry: QueueEntry) => void;
  readonly onProblem: (entry: QueueEntry, problem: ItemProblem) => void;
  /** Called when a line is free again. */
  readonly onFree: () => void;
}

/** Files that are sent at the same time. */
const LINES = 3;

/** Sends files to the store, some at a time. */
export class SendingLine {
  readonly #options: SendingLineOptions;

  constructor(options: SendingLineOptions) {
    this.#options = options;
  }

  /** Gives free lines to those of the entries that are next. */
  fill(entries: readonly QueueEntry[]): void {
    const free = LINES - entries.filter(({ item }) => ON_LINE.has(item.state)).length;
    const next = entries.filter(({ item, imageId }) =>
      item.state === "queued" && imageId === undefined
    );
    for (const entry of next.slice(0, Math.max(0, free))) {
      if (entry.upload === undefined) void this.#send(entry);
      else this.#resume(entry, entry.upload);
    }
  }

  #resume(entry: QueueEntry, upload: NonNullable<QueueEntry["upload"]>): void {
    this.#options.onChange(entry, { state: "sending" });
    upload.resume();
  }

  async #send(entry: QueueEntry): Promise<void> {
    const { client, onChange, onSent, onProblem, onFree } = this.#options;
    const { file, item } = entry;
    if (file === undefined) return onProblem(entry, { code: "unreadable", detail: "" });
    onChange(entry, { state: "reading" });
    try {
      entry.upload = client.upload(file, {
        metadata: { contentType: item.type },
        onProgress: (progress) => onChange(entry, changeBy(entry.item, progress)),
      });
      entry.imageId = (await entry.upload).imageId;
      onSent(entry);
    } catch (error) {
      if (!entry.isGone) onProblem(entry, problemOf(error));
    } finally {
      entry.upload = undefined;
      onFree();
    }
  }
}

import { AppError } from "@tintype/core/errors";
import type { SourceRecord } from "../ports.ts";
import type { Chunk } from "./chunk_headers.ts";

/** The reason code of a set of which not every chunk came. */
export const INCOMPLETE_CHUNKS = "incomplete_chunks";

/** What a set is made of beside its first chunk. */
interface ChunkSetOptions {
  readonly chunk: Chunk;
  /** Called when a chunk's bytes are not held any more. */
  readonly onReleased: (bytes: number) => void;
}

interface HeldChunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/**
 * The records that are one image together. Their bytes go through `stream` as it is read, never more than was fetched;
 * whoever reads on has stored what was before. Chunks come in the order of their index; one that came before is a
 * duplicate and belongs to the set, one that is missing ends it.
 */
export class ChunkSet {
  /** Every record of the set, without its value. */
  readonly members: SourceRecord[] = [];
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves when no more chunks belong to it: all came, or it was closed. */
  readonly complete: Promise<void>;
  /** Why it was closed before all came. */
  closedFor: string | undefined;
  /** When a chunk came last, by the monotonic clock. */
  heardAtMs = performance.now();
  readonly #options: ChunkSetOptions;
  readonly #completed = Promise.withResolvers<void>();
  #held: HeldChunk[] = [];
  #readingBytes = 0;
  #wake: (() => void) | undefined;
  #failure: AppError | undefined;
  #next = 0;
  #totalBytes = 0;
  #maxBytes = Infinity;
  #isDiscarding = false;

  constructor(options: ChunkSetOptions) {
    this.#options = options;
    this.complete = this.#completed.promise;
    this.stream = new ReadableStream({ pull: (controller) => this.#pull(controller) }, {
      highWaterMark: 0,
    });
  }

  /** Bytes of the chunks that came, each counted once. */
  get bytes(): number {
    return this.#totalBytes;
  }

  /** The largest that the image may be, in bytes, as soon as that is known; the upload fails where it is larger. */
  limitTo(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#requireSize();
  }

  /** Takes a chunk over, and its bytes. */
  add(record: SourceRecord, { index, count }: Chunk): void {
    const bytes = record.value ?? new Uint8Array();
    this.heardAtMs = performance.now();
    this.members.push({ ...record, value: null });
    const expected = this.#next;
    if (index < expected || this.closedFor !== undefined) {
      return this.#options.onReleased(bytes.byteLength);
    }
    if (index > expected || count !== this.#options.chunk.count) {
      this.#options.onReleased(bytes.byteLength);
      return this.close(`Cannot take image as its chunk ${expected} of ${count} did not come`);
    }
    this.#next++;
    this.#totalBytes += bytes.byteLength;
    this.#hold({ bytes, isLast: this.#next === count });
    this.#requireSize();
    if (this.#next === count) this.#completed.resolve();
  }

  /** No more chunks are waited for; the upload fails where it is not over. */
  close(message: string): void {
    if (this.#next === this.#options.chunk.count) return;
    this.closedFor ??= message;
    this.#fail(new AppError("invalid_record", message));
    this.#completed.resolve();
  }

  /** From now on bytes are dropped as they come: the outcome is known. */
  discard(): void {
    this.#isDiscarding = true;
    for (const { bytes } of this.#held.splice(0)) this.#options.onReleased(bytes.byteLength);
    this.#release();
  }

  #hold(chunk: HeldChunk): void {
    if (this.#isDiscarding) return this.#options.onReleased(chunk.bytes.byteLength);
    this.#held.push(chunk);
    this.#wake?.();
  }

  #requireSize(): void {
    if (this.#totalBytes <= this.#maxBytes) return;
    this.#fail(
      new AppError(
        "too_large",
        `Cannot take image: size must be at most ${this.#maxBytes} bytes (got more)`,
      ),
    );
  }

  #fail(failure: AppError): void {
    this.#failure ??= failure;
    this.#wake?.();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#release();
    while (this.#held.length === 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#failure !== undefined) return controller.error(this.#failure);
    const chunk = this.#held.shift();
    if (chunk === undefined) return;
    this.#readingBytes = chunk.bytes.byteLength;
    controller.enqueue(chunk.bytes);
    if (chunk.isLast) controller.close();
  }

  #release(): void {
    if (this.#readingBytes > 0) this.#options.onReleased(this.#readingBytes);
    this.#readingBytes = 0;
  }
}

/** How large the next chunk should be. */
export interface ChunkSizeOptions {
  /** Every size is a multiple of it, in bytes. */
  readonly multiple: number;
  /** The same size for all chunks, rounded down to the multiple, at least one of it; adaptive where it is not given. */
  readonly fixedBytes?: number | undefined;
}

/** On a slow line the first one must not take long: something is to move within a second or two. */
const FIRST_BYTES = 256 * 1024;
const MOST_BYTES = 32 * 1024 * 1024;
/** Long enough that the pause between two chunks costs little, short enough that a lost one does. */
const TARGET_MS = 2_000;
/** A size grows at most so many times at once: one quick chunk says little. */
const MOST_GROWTH = 4;
/** How much the newest chunk counts in the speed. */
const NEWEST_WEIGHT = 0.5;

/** Follows the measured speed: chunks of about two seconds, from one multiple to 32 MiB. */
export class ChunkSize {
  readonly #multiple: number;
  readonly #isFixed: boolean;
  #bytes: number;
  #bytesPerMs: number | undefined;

  constructor({ multiple, fixedBytes }: ChunkSizeOptions) {
    this.#multiple = multiple;
    this.#isFixed = fixedBytes !== undefined;
    this.#bytes = this.#rounded(fixedBytes ?? FIRST_BYTES);
  }

  /** Bytes of the next chunk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Measured; undefined before the first chunk. */
  get bytesPerSecond(): number | undefined {
    return this.#bytesPerMs === undefined ? undefined : Math.round(this.#bytesPerMs * 1000);
  }

  /** Learns from a chunk that was taken. */
  took(bytes: number, elapsedMs: number): void {
    const measured = bytes / Math.max(1, elapsedMs);
    const before = this.#bytesPerMs ?? measured;
    this.#bytesPerMs = before + (measured - before) * NEWEST_WEIGHT;
    if (this.#isFixed) return;
    const wanted = Math.min(this.#bytesPerMs * TARGET_MS, this.#bytes * MOST_GROWTH, MOST_BYTES);
    this.#bytes = this.#rounded(wanted);
  }

  /** Learns from one that was lost: half of it next time. */
  lost(): void {
    if (!this.#isFixed) this.#bytes = this.#rounded(this.#bytes / 2);
  }

  #rounded(bytes: number): number {
    return Math.max(1, Math.floor(bytes / this.#multiple)) * this.#multiple;
  }
}

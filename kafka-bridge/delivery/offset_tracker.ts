import { Queue } from "./queue.ts";

/**
 * What of one partition is durable: records end in any order, the offset to commit is behind the longest prefix of
 * which nothing is missing, never beyond, and never inside a span, whose records must come again together.
 */
export class OffsetTracker {
  /** Offsets under way or done behind a gap, in the order in which they were fetched. */
  readonly #order = new Queue<bigint>();
  readonly #done = new Set<bigint>();
  readonly #spans = new Set<OffsetSpan>();
  /** The offset behind everything that was fetched. */
  #next: bigint | undefined;
  #committed: bigint | undefined;
  #highWatermark = 0n;

  /** The partition ends there, or behind it. */
  reachesTo(end: bigint): void {
    if (end > this.#highWatermark) this.#highWatermark = end;
  }

  /** Reading begins there: everything before counts as committed. Only the first call counts. */
  startAt(offset: bigint): void {
    this.#committed ??= offset;
    this.#next ??= offset;
  }

  /** A record was fetched; offsets come in ascending order. Throws RangeError where they do not. */
  begin(offset: bigint): void {
    this.startAt(offset);
    if (this.#next !== undefined && offset < this.#next) {
      throw new RangeError(`Cannot begin offset ${offset} behind ${this.#next - 1n}`);
    }
    this.#order.push(offset);
    this.#next = offset + 1n;
  }

  /** Everything before `next` was fetched: what was not begun is no record, as control records and compacted ones. */
  passTo(next: bigint): void {
    if (this.#next === undefined || next > this.#next) this.#next = next;
  }

  /** A record is durable (its object is there, or its dead letter was acknowledged). */
  end(offset: bigint): void {
    this.#done.add(offset);
    for (let next = this.#order.first; next !== undefined; next = this.#order.first) {
      if (!this.#done.delete(next)) return;
      this.#order.shift();
    }
  }

  /** Records from `first` on belong together: no commit lies between them, until its `last` is known and behind. */
  span(first: bigint): OffsetSpan {
    const span: OffsetSpan = { first, last: undefined };
    this.#spans.add(span);
    return span;
  }

  /** The offset to commit (the next one to read), or undefined where there is nothing new. */
  toCommit(): bigint | undefined {
    const next = this.restartAt;
    if (next === undefined || this.#committed === undefined) return undefined;
    return next > this.#committed ? next : undefined;
  }

  /** The offset that is committed, or of which nothing before it need be; undefined before the first record. */
  get position(): bigint | undefined {
    return this.#committed;
  }

  /** A commit of `toCommit()` was acknowledged. */
  committed(next: bigint): void {
    this.#committed = next;
    for (const span of this.#spans) {
      if (span.last !== undefined && span.last < next) this.#spans.delete(span);
    }
  }

  /** The offset from which everything must be read again that is not durable; undefined before the first fetch. */
  get restartAt(): bigint | undefined {
    const next = this.#order.first ?? this.#next;
    return next === undefined ? undefined : this.#outsideSpans(next);
  }

  /** Records that are in the partition and not durable yet. */
  get lag(): bigint {
    const next = this.restartAt ?? this.#highWatermark;
    return this.#highWatermark > next ? this.#highWatermark - next : 0n;
  }

  /** Whether everything in the partition was fetched. */
  get isAtEnd(): boolean {
    return (this.#next ?? 0n) >= this.#highWatermark;
  }

  /** Records begun and not yet behind the durable offset. */
  get pending(): number {
    return this.#order.length;
  }

  /** `next`, or the first offset of the outermost span in which it lies. */
  #outsideSpans(next: bigint): bigint {
    let outside = next;
    for (let moved = true; moved;) {
      moved = false;
      for (const { first, last } of this.#spans) {
        if (first >= outside || (last !== undefined && last < outside)) continue;
        outside = first;
        moved = true;
      }
    }
    return outside;
  }
}

/** Records that are durable together; `last` is set when the last of them was fetched. */
interface OffsetSpan {
  readonly first: bigint;
  last: bigint | undefined;
}

/**
 * What of one partition is durable: records end in any order, the offset to commit is behind the longest prefix of
 * which nothing is missing, and never beyond.
 */
export class OffsetTracker {
  /** Offsets under way or done behind a gap, in the order in which they were fetched. */
  readonly #order: bigint[] = [];
  readonly #done = new Set<bigint>();
  #durable: bigint | undefined;
  #committed: bigint | undefined;

  /** A record was fetched; offsets come in ascending order. Throws RangeError where they do not. */
  begin(offset: bigint): void {
    const last = this.#order.at(-1) ?? this.#durable;
    if (last !== undefined && offset <= last) {
      throw new RangeError(`Cannot begin offset ${offset} behind ${last}`);
    }
    this.#order.push(offset);
  }

  /** A record is durable (its object is there, or its dead letter was acknowledged). */
  end(offset: bigint): void {
    this.#done.add(offset);
    while (this.#order[0] !== undefined && this.#done.delete(this.#order[0])) {
      this.#durable = this.#order.shift();
    }
  }

  /** The offset to commit (the next one to read), or undefined where there is nothing new. */
  toCommit(): bigint | undefined {
    if (this.#durable === undefined || this.#durable === this.#committed) return undefined;
    return this.#durable + 1n;
  }

  /** A commit of `toCommit()` was acknowledged. */
  committed(next: bigint): void {
    this.#committed = next - 1n;
  }

  /** Records begun and not yet behind the durable offset. */
  get pending(): number {
    return this.#order.length;
  }
}

/** Bytes that may be in flight over all partitions; takers wait in line, and one larger than all of it goes alone. */
export class ByteBudget {
  readonly #capacity: number;
  readonly #waiting: { bytes: number; go: () => void }[] = [];
  #taken = 0;

  constructor(capacityBytes: number) {
    if (!(capacityBytes > 0)) throw new RangeError("Cannot make a budget of no bytes");
    this.#capacity = capacityBytes;
  }

  /** Bytes in flight. */
  get taken(): number {
    return this.#taken;
  }

  /** Waits for room and takes it; what it answers gives it back. */
  async take(bytes: number): Promise<() => void> {
    const wanted = Math.min(bytes, this.#capacity);
    if (this.#waiting.length > 0 || this.#taken + wanted > this.#capacity) {
      await new Promise<void>((go) => this.#waiting.push({ bytes: wanted, go }));
    } else {
      this.#taken += wanted;
    }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#taken -= wanted;
      this.#admitWaiting();
    };
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#taken + next.bytes > this.#capacity) return;
      this.#taken += next.bytes;
      this.#waiting.shift();
      next.go();
    }
  }
}

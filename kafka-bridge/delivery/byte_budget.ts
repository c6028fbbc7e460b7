/**
 * Bytes that are held over all partitions, and who may take more: a partition may hold as much as is free. So one that
 * is stuck or hot keeps at most half, two at most two thirds, and there is always room for another.
 */
export class ByteBudget {
  readonly #capacity: number;
  #taken = 0;

  constructor(capacityBytes: number) {
    if (!(capacityBytes > 0)) throw new RangeError("Cannot make a budget of no bytes");
    this.#capacity = capacityBytes;
  }

  /** Bytes that are held; beyond the capacity by what one fetch brought on top. */
  get taken(): number {
    return this.#taken;
  }

  take(bytes: number): void {
    this.#taken += bytes;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }

  /** Whether a partition that holds that many bytes must fetch no more. */
  isSpent(heldBytes: number): boolean {
    return heldBytes > 0 && heldBytes > this.#capacity - this.#taken;
  }

  /** Whether it may fetch again: below half of what it may hold. One that holds nothing always may. */
  isBelowLowWater(heldBytes: number): boolean {
    return heldBytes === 0 || 2 * heldBytes <= this.#capacity - this.#taken;
  }
}

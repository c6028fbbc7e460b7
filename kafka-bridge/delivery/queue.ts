/** First in, first out; removing the first item does not move the others each time. */
export class Queue<Item> {
  #items: Item[] = [];
  /** Items before it were removed. */
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Removes the first item and returns it; undefined where there is none. */
  shift(): Item | undefined {
    const { first } = this;
    if (this.length > 0) this.#head++;
    if (2 * this.#head >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  /** Removes every item and returns them. */
  clear(): Item[] {
    const removed = this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return removed;
  }
}

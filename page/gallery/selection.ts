/** Pictures that were chosen to be erased or downloaded together; `order` is that of the gallery. */
export class Selection {
  readonly #ids = new Set<string>();
  #last: string | undefined;

  /** The chosen ones that are still there, in the gallery's order. */
  of(order: readonly string[]): string[] {
    return order.filter((id) => this.#ids.has(id));
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Chooses a picture, or no longer. */
  toggle(id: string): void {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.#last = id;
  }

  /** Chooses all from the last one that was touched to this one. */
  extendTo(id: string, order: readonly string[]): void {
    const ends = [order.indexOf(this.#last ?? id), order.indexOf(id)];
    for (const each of order.slice(Math.min(...ends), Math.max(...ends) + 1)) this.#ids.add(each);
    this.#last = id;
  }

  /** Chooses all of them, or none where all are. */
  toggleAll(order: readonly string[]): void {
    const areAll = order.every((id) => this.#ids.has(id));
    this.#ids.clear();
    if (!areAll) { for (const id of order) this.#ids.add(id); }
  }
}

/** Work that is under way side by side. */
export class Tasks {
  readonly #running = new Set<Promise<void>>();

  get size(): number {
    return this.#running.size;
  }

  /** Begins a task; resolves when it has ended and is not counted any more. */
  run(work: () => Promise<void>): Promise<void> {
    const task = work().finally(() => this.#running.delete(task));
    this.#running.add(task);
    return task;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

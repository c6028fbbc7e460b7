/** Sends a batch; answers in the items' order, undefined for each that went through. */
export type SendBatch<Item> = (items: readonly Item[]) => Promise<readonly (Error | undefined)[]>;

/** How items are gathered. */
export interface BatcherOptions {
  readonly maxItems: number;
  /** The longest that an item waits for a batch under way before it goes beside it, in milliseconds. */
  readonly maxWaitMs: number;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * Gathers what comes while a batch is under way into the next one: alone an item waits for nothing, under load many
 * share a request.
 */
export class Batcher<Item> {
  readonly #send: SendBatch<Item>;
  readonly #options: BatcherOptions;
  #waiting: Waiting<Item>[] = [];
  #underWay = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: SendBatch<Item>, options: BatcherOptions) {
    this.#send = send;
    this.#options = options;
  }

  /** Settles when the batch that holds the item has been answered; rejects with the item's own error. */
  add(item: Item): Promise<void> {
    const settled = Promise.withResolvers<void>();
    this.#waiting.push({ item, settled });
    if (this.#underWay === 0 || this.#waiting.length >= this.#options.maxItems) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.maxWaitMs);
    return settled.promise;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting.splice(0, this.#options.maxItems);
    if (batch.length > 0) void this.#run(batch);
  }

  async #run(batch: readonly Waiting<Item>[]): Promise<void> {
    this.#underWay++;
    try {
      const errors = await this.#send(batch.map(({ item }) => item));
      batch.forEach(({ settled }, at) => {
        const error = errors[at];
        if (error === undefined) settled.resolve();
        else settled.reject(error);
      });
    } catch (error) {
      for (const { settled } of batch) settled.reject(error);
    } finally {
      this.#underWay--;
      this.#flush();
    }
  }
}

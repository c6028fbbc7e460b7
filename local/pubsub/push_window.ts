/**
 * How many pushes of a subscription may be under way at once. It follows the endpoint, as the real one's slow start does
 * (https://cloud.google.com/pubsub/docs/push#push_backoff): it begins small, each acknowledgement adds one, so that it
 * doubles with each full round, and each refusal, whatever its status, halves it.
 */
export class PushWindow {
  readonly #most: number;
  #size: number;

  /** `most` stands for the real limit of 3 000. */
  constructor(most: number) {
    this.#most = most;
    this.#size = Math.min(FIRST_SIZE, most);
  }

  get size(): number {
    return this.#size;
  }

  acknowledged(): void {
    this.#size = Math.min(this.#most, this.#size + 1);
  }

  refused(): void {
    this.#size = Math.max(1, Math.floor(this.#size / 2));
  }
}

const FIRST_SIZE = 4;

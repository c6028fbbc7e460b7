import { UploadError } from "./problem.ts";
import { untilAborted } from "@tintype/gcs/signals";

/** A step of an upload: may be aborted at any moment and run again, then with `isAgain`. */
export type Step<T> = (signal: AbortSignal, isAgain: boolean) => Promise<T>;

/** Runs an upload's steps so that they can be paused, resumed and cancelled from outside. */
export class UploadControl {
  readonly #cancelling = new AbortController();
  #running = new AbortController();
  #isPaused = false;
  #resume: () => void = () => undefined;
  /** Kept here, as not every platform's signals keep it. */
  #reason: unknown;

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isCancelled(): boolean {
    return this.#cancelling.signal.aborted;
  }

  /** Aborted when the upload is cancelled. */
  get cancelSignal(): AbortSignal {
    return this.#cancelling.signal;
  }

  /** Aborts the step under way; the next one waits. */
  pause(): void {
    this.#isPaused = true;
    this.#running.abort();
  }

  /** Goes on with the step that was aborted. */
  resume(): void {
    this.#isPaused = false;
    this.#resume();
  }

  /** Aborts the step under way, for good; the first reason stays. */
  cancel(reason: unknown = cancelled()): void {
    if (this.isCancelled) return;
    this.#reason = reason;
    this.#cancelling.abort(reason);
    this.#running.abort(reason);
  }

  /** Throws the reason where it was cancelled. */
  throwIfCancelled(): void {
    if (this.isCancelled) throw this.#reason;
  }

  /** Runs a step to its end, however often it is paused on the way. Throws what it throws, or the reason of the cancelling. */
  async run<T>(step: Step<T>): Promise<T> {
    for (let isAgain = false;; isAgain = true) {
      await this.#untilResumed();
      this.throwIfCancelled();
      const { signal } = this.#running = new AbortController();
      try {
        return await step(signal, isAgain);
      } catch (error) {
        this.throwIfCancelled();
        if (!signal.aborted) throw error;
      }
    }
  }

  async #untilResumed(): Promise<void> {
    while (this.#isPaused && !this.isCancelled) {
      await untilAborted(this.#cancelling.signal, (resolve) => {
        this.#resume = resolve;
        return () => undefined;
      }).catch(() => undefined); // the caller looks whether it was cancelled
    }
  }
}

function cancelled(): UploadError {
  return new UploadError({ status: 0, code: "cancelled", detail: "the upload was cancelled" });
}

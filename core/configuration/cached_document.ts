import { AppError } from "../errors.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";

/** What a cached document is made of. */
interface CachedDocumentOptions<T> {
  /** The document's bytes, null where there is none; throws where the store does not answer. */
  readonly read: (options: CallOptions) => Promise<Uint8Array | null>;
  /** Throws AppError for what must never take effect. */
  readonly parse: (bytes: Uint8Array | null) => T;
  readonly clock: Clock;
  /** Called with each version that could not be read or parsed: the last good one stays in effect. */
  readonly onProblem: (error: unknown) => void;
}

/** What is read is taken for so long, in milliseconds. */
export const DOCUMENT_AGE_MS = 60_000;
/** Another call refreshes where the one that began has not come back for so long. */
const REFRESH_MS = 10_000;

/**
 * A document that is read once a minute and keeps its last good version. Holds no promise: on workerd a request must not
 * wait for another's. While one call refreshes the document all others take the version that is there.
 */
export class CachedDocument<T> {
  readonly #options: CachedDocumentOptions<T>;
  #held: { readonly value: T } | undefined;
  #freshUntilMs = -Infinity;

  constructor(options: CachedDocumentOptions<T>) {
    this.#options = options;
  }

  /** The document; throws what reading and parsing throw while no version of it was ever good. */
  async get(options: CallOptions = {}): Promise<T> {
    const { clock, onProblem } = this.#options;
    if (this.#held !== undefined && clock.now() < this.#freshUntilMs) return this.#held.value;
    if (this.#held !== undefined) this.#freshUntilMs = clock.now() + REFRESH_MS;
    try {
      const value = this.#options.parse(await this.#options.read(options));
      this.#held = { value };
      this.#freshUntilMs = clock.now() + DOCUMENT_AGE_MS;
      return value;
    } catch (error) {
      options.signal?.throwIfAborted();
      onProblem(error);
      if (this.#held !== undefined) return this.#held.value;
      throw unavailable(error);
    }
  }
}

/** A configuration that is wrong is our fault, not the caller's. */
function unavailable(cause: unknown): AppError {
  return new AppError("unavailable", "Cannot read the configuration", { cause });
}

import { createHash } from "node:crypto";
import type { RequestBody } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";

/** Compares a body with the SHA-256 that was signed for it; costs nothing where none was. */
export class Sha256Check {
  readonly #expected: string | undefined;
  readonly #hash = createHash("sha256");

  /** `expected` in hex, any case. */
  constructor(expected: string | undefined) {
    this.#expected = expected;
  }

  /** Hands on the body unchanged. */
  watch(body: RequestBody): RequestBody {
    return this.#expected === undefined ? body : this.#pass(body);
  }

  /** Throws `bad_digest` where the body that passed was another. */
  check(): void {
    if (this.#expected === undefined) return;
    if (this.#hash.digest("hex") === this.#expected.toLowerCase()) return;
    throw new StorageFailure("bad_digest", "The body is not the one of x-goog-content-sha256.");
  }

  async *#pass(body: RequestBody): RequestBody {
    for await (const chunk of body) {
      this.#hash.update(chunk);
      yield chunk;
    }
  }
}

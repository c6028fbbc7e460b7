import type { Generation } from "./object_store.ts";

/** Which generation is read, and when; times in milliseconds since the epoch. */
interface SignReadOptions {
  readonly generation: Generation;
  readonly signedAtMs: number;
  /** At most a week after `signedAtMs`. */
  readonly expiresAtMs: number;
}

/** May sign addresses that read one generation of an object. */
export interface ReadUrlSigner {
  /** A URL that is dated `signedAtMs` and ends at `expiresAtMs`: the same for the same options, so that browsers can cache it. */
  signRead(name: string, options: SignReadOptions): Promise<string>;
}

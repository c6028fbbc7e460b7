import type { Generation } from "./object_store.ts";

/** May sign addresses that read one generation of an object. */
export interface ReadUrlSigner {
  /** An address that ends at `expiresAtMs` (at most a week ahead, at least one second). */
  signRead(
    name: string,
    options: { readonly generation: Generation; readonly expiresAtMs: number },
  ): Promise<string>;
}

import { hexOf } from "@tintype/core/hex";
import type { Hashing } from "@tintype/core/ports/hashing";
import { crc32cOf } from "@tintype/gcs/crc32c";

/** Digests for the processor: SHA-256 by Web Crypto, off the event loop; CRC32C by tables. */
export const webHashing: Hashing = {
  async sha256(bytes) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return hexOf(digest);
  },
  crc32c: crc32cOf,
};

import { hexOf } from "@tintype/core/hex";
import type { Hashing } from "@tintype/core/ports/hashing";
import { crc32cOf } from "@tintype/gcs/crc32c";

/** Digests by Web Crypto, off the event loop; CRC32C by tables. */
export const webHashing: Hashing = {
  sha256: async (bytes) => hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))),
  crc32c: crc32cOf,
};

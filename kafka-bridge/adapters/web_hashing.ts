import { hexOf } from "@tintype/core/hex";
import type { EventHashing } from "@tintype/core/model/image_record";

/** SHA-256 by Web Crypto, off the event loop. */
export const webHashing: EventHashing = {
  sha256: async (bytes) => hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))),
};

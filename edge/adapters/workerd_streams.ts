import { hexOf } from "@tintype/core/hex";
import type { ByteStreams } from "../ports.ts";

/** The streams of workerd: native pipes that keep Content-Length, and a digest that streams. */
export const workerdStreams: ByteStreams = {
  fixedLength: (bytes) => new FixedLengthStream(bytes),
  unsized: () => new IdentityTransformStream(),
  sha256() {
    const stream = new crypto.DigestStream("SHA-256");
    const writer = stream.getWriter();
    return {
      update: (chunk) => writer.write(chunk),
      async hex() {
        await writer.close();
        return hexOf(new Uint8Array(await stream.digest));
      },
    };
  },
};

import { AppError } from "../errors.ts";
import { rawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectReader } from "../ports/object_store.ts";
import type { ByteSource } from "./probe/probe.ts";
import type { RawImage } from "./raw_image.ts";

/**
 * A probe's view of a raw object: ranges of one generation, shorter only at the object's end.
 * Reads throw `unavailable` where that generation went meanwhile.
 */
export function rangeSource(
  store: ObjectReader,
  { ref, object: { generation, size } }: Pick<RawImage, "ref" | "object">,
  { signal }: CallOptions,
): ByteSource {
  const name = rawName(ref);
  return {
    size,
    async read(offset, length) {
      const bytes = await store.readRange(name, { offset, length, generation, signal });
      if (bytes !== null) return bytes;
      throw new AppError(
        "unavailable",
        "Cannot read the raw object as it went while it was processed",
      );
    },
  };
}

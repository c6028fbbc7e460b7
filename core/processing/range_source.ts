import { AppError } from "../errors.ts";
import type { ObjectName } from "../model/object_name.ts";
import type { ObjectFacts, ObjectReader } from "../ports/object_store.ts";

/**
 * A probe's view of an object: ranges of one generation, shorter only at the object's end.
 * Reads throw `unavailable` where that generation went meanwhile.
 */
export function rangeSource(
  store: ObjectReader,
  { name, object, signal }: {
    readonly name: ObjectName;
    readonly object: ObjectFacts;
    readonly signal?: AbortSignal | undefined;
  },
): {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
} {
  const { generation, size } = object;
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

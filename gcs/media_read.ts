import { formatByteRange } from "./byte_range.ts";
import { crc32cOf } from "./crc32c.ts";
import { parseHashHeader } from "./hash_header.ts";
import { callStorage, nullOn, type StorageAccess, type StorageCall } from "./storage_call.ts";
import { StorageError } from "./storage_error.ts";
import type { Generation } from "./stored_object.ts";

/** Which bytes of an object; all of the live one where nothing is given. */
export interface ReadOptions {
  readonly generation?: Generation;
  readonly offset?: number;
  /** Fewer are read at the object's end. */
  readonly length?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Reads bytes as they are stored, from the path where an API has them; null where there is no such object or generation. */
export async function readMedia(
  access: StorageAccess,
  { path, query }: Pick<StorageCall, "path" | "query">,
  { generation, offset = 0, length, signal }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (length === 0) return new Uint8Array();
  const call: StorageCall = {
    method: "GET",
    path,
    query: { ...query, generation },
    // A range keeps fetch, and this encoding the store, from unpacking what a client stored packed: that may be a bomb.
    unsignedHeaders: { range: formatByteRange(offset, length), "accept-encoding": "gzip" },
    signal,
  };
  const reading = callStorage(access, call, async (response) => {
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (offset > 0 || length !== undefined) return bytes;
    const { crc32c } = parseHashHeader(response.headers.get("x-goog-hash"));
    if (crc32c === undefined || crc32c === crc32cOf(bytes)) return bytes;
    throw new StorageError("Media did not arrive as it is stored", { status: 0 });
  });
  try {
    return await nullOn(404, reading);
  } catch (error) {
    // Nothing lies behind the object's end.
    if (error instanceof StorageError && error.status === 416) return new Uint8Array();
    throw error;
  }
}

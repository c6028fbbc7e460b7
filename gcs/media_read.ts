import { crc32cOf } from "./crc32c.ts";
import { parseHashHeader } from "./hash_header.ts";
import { callStorage, nullOn, type StorageAccess, type StorageCall } from "./storage_call.ts";
import { StorageError } from "./storage_error.ts";
import type { Generation } from "./stored_object.ts";

/** Which object to read; the live one where nothing is given. */
export interface ReadOptions {
  readonly generation?: Generation;
  readonly signal?: AbortSignal | undefined;
}

/** Reads bytes as they are stored, from the path where an API has them; null where there is no such object or generation. */
export async function readMedia(
  access: StorageAccess,
  { path, query }: Pick<StorageCall, "path" | "query">,
  { generation, signal }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const call: StorageCall = {
    method: "GET",
    path,
    query: { ...query, generation },
    // A range keeps fetch, and this encoding the store, from unpacking what a client stored packed: that may be a bomb.
    unsignedHeaders: { range: "bytes=0-", "accept-encoding": "gzip" },
    signal,
  };
  const reading = callStorage(access, call, async (response) => {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const { crc32c } = parseHashHeader(response.headers.get("x-goog-hash"));
    if (crc32c === undefined || crc32c === crc32cOf(bytes)) return bytes;
    throw new StorageError("Media did not arrive as it is stored", { status: 0 });
  });
  try {
    return await nullOn(404, reading);
  } catch (error) {
    // An empty object has no first byte.
    if (error instanceof StorageError && error.status === 416) return new Uint8Array();
    throw error;
  }
}

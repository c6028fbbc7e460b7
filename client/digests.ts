import { Crc32c, crc32cOf } from "@tintype/gcs/crc32c";
import { hexOf } from "@tintype/gcs/hex";
import { throwIfAborted } from "@tintype/gcs/signals";
import type { UploadSource } from "./upload_source.ts";

/** What a file is recognised by. */
export interface Digests {
  /** Lower-case hex, as the edge takes it; absent where the platform has no Web Crypto, and of a file read in parts. */
  readonly sha256?: string;
  /** Big-endian base64, as Cloud Storage writes it. */
  readonly crc32c: string;
}

/** Bytes in memory at a time; small enough for a page to stay awake between two parts. */
const PART_BYTES = 1024 * 1024;
/** A photograph: Web Crypto takes all bytes at once. */
export const WHOLE_BYTES = 8 * PART_BYTES;
const END_BYTES = 256 * 1024;

/** Reads a file once for its digests, a large one in parts. Throws what reading throws, or the signal's reason. */
export async function digestsOf(
  file: Pick<UploadSource, "size" | "read">,
  signal?: AbortSignal,
  { wholeBytes = WHOLE_BYTES }: { readonly wholeBytes?: number } = {},
): Promise<Digests> {
  if (file.size > wholeBytes) return await digestParts(file, signal);
  const bytes = await file.read(0, file.size);
  const crc32c = crc32cOf(bytes);
  const sha256 = await sha256Of(bytes);
  throwIfAborted(signal);
  return { ...(sha256 === undefined ? {} : { sha256 }), crc32c };
}

/** A hash of a file's first and last 256 KiB: what a large one is recognised by before all of it is read. */
export async function endsHashOf({ size, read }: Pick<UploadSource, "size" | "read">) {
  const [head, tail] = [await read(0, END_BYTES), await read(size - END_BYTES, size)];
  return `${await hashOf(head)} ${await hashOf(tail)}`;
}

/**
 * What differs where bytes differ: SHA-256 in hex, or CRC32C where there is no Web Crypto. A record that is taken for another's
 * does no harm: the stored object's size and checksum are compared in the end.
 */
export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return await sha256Of(bytes) ?? crc32cOf(bytes);
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  // Absent in React Native, and in pages that came over plain HTTP.
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  return subtle && hexOf(new Uint8Array(await subtle.digest("SHA-256", bytes)));
}

async function digestParts(
  file: Pick<UploadSource, "size" | "read">,
  signal: AbortSignal | undefined,
): Promise<Digests> {
  const crc32c = new Crc32c();
  for (let start = 0; start < file.size; start += PART_BYTES) {
    throwIfAborted(signal);
    crc32c.update(await file.read(start, Math.min(file.size, start + PART_BYTES)));
  }
  return { crc32c: crc32c.digest() };
}

import { sha256 as sha256Of } from "@noble/hashes/sha2.js";
import { Crc32c, crc32cOf } from "@tintype/gcs/crc32c";
import { hexOf } from "@tintype/gcs/hex";
import { throwIfAborted } from "@tintype/gcs/signals";
import type { UploadSource } from "./upload_source.ts";

/** What a file is recognised by. */
export interface Digests {
  /** Lower-case hex, as the edge takes it. */
  readonly sha256: string;
  /** Big-endian base64, as Cloud Storage writes it. */
  readonly crc32c: string;
}

/** Bytes in memory at a time; small enough for a page to stay awake between two parts. */
const PART_BYTES = 1024 * 1024;
/** A photograph, which Web Crypto digests ten times faster than we do; it takes all bytes at once. */
export const WHOLE_BYTES = 8 * PART_BYTES;
const END_BYTES = 256 * 1024;

/** Reads a file once, in parts, for both of its digests. Throws what reading throws, or the signal's reason. */
export async function digestsOf(
  file: Pick<UploadSource, "size" | "read">,
  signal?: AbortSignal,
): Promise<Digests> {
  // Absent in React Native, and in pages that came over plain HTTP.
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (file.size > WHOLE_BYTES || subtle === undefined) return await digestParts(file, signal);
  const bytes = await file.read(0, file.size);
  const crc32c = crc32cOf(bytes);
  const sha256 = new Uint8Array(await subtle.digest("SHA-256", bytes));
  throwIfAborted(signal);
  return { sha256: hexOf(sha256), crc32c };
}

/** SHA-256 of a file's first and last 256 KiB: what a large one is recognised by before all of it is read. */
export async function endsDigestOf({ size, read }: Pick<UploadSource, "size" | "read">) {
  const sha256 = sha256Of.create();
  sha256.update(await read(0, Math.min(END_BYTES, size)));
  sha256.update(await read(Math.max(0, size - END_BYTES), size));
  return hexOf(sha256.digest());
}

/** SHA-256 of a text, in lower-case hex. */
export function sha256OfText(text: string): string {
  return hexOf(sha256Of(new TextEncoder().encode(text)));
}

async function digestParts(
  file: Pick<UploadSource, "size" | "read">,
  signal: AbortSignal | undefined,
): Promise<Digests> {
  const sha256 = sha256Of.create();
  const crc32c = new Crc32c();
  for (let start = 0; start < file.size; start += PART_BYTES) {
    throwIfAborted(signal);
    const bytes = await file.read(start, Math.min(file.size, start + PART_BYTES));
    sha256.update(bytes);
    crc32c.update(bytes);
  }
  return { sha256: hexOf(sha256.digest()), crc32c: crc32c.digest() };
}

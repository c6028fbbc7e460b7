const CASTAGNOLI = 0x82f63b78; // reflected polynomial (RFC 3720, section 12.1)
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => remainderOf(byte));

/** What a file is recognised by. */
export interface Digests {
  /** Lower-case hex, as the edge takes it. */
  readonly sha256: string;
  /** Big-endian base64, as Cloud Storage writes it. */
  readonly crc32c: string;
}

/** Reads a file once for both of its digests. */
export async function digestsOf(file: Blob): Promise<Digests> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { sha256, crc32c: crc32c(bytes) };
}

function crc32c(bytes: Uint8Array): string {
  let sum = -1;
  for (const byte of bytes) sum = sum >>> 8 ^ (TABLE[(sum ^ byte) & 0xff] ?? 0);
  const value = ~sum;
  return btoa(String.fromCharCode(...[24, 16, 8, 0].map((shift) => value >>> shift & 0xff)));
}

function remainderOf(byte: number): number {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ CASTAGNOLI : value >>> 1;
  return value;
}

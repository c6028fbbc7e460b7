/** Digests of bytes; a port because Web Crypto neither streams nor knows CRC32C. */
export interface Hashing {
  /** SHA-256 in lower-case hex. */
  sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  /** CRC32C (Castagnoli), big-endian base64 as Cloud Storage writes it. */
  crc32c(bytes: Uint8Array<ArrayBuffer>): string;
}

/**
 * What tests use in place of a runtime's own parts: digests, stores and sinks in memory, and the contracts of ports.
 * A contract is data (`{name, run(port)}[]`): it runs here against memory, and in each room against its adapter.
 */
import { hexOf } from "../hex.ts";
import type { Hashing } from "../ports/hashing.ts";

const CASTAGNOLI = 0x82f63b78; // reflected polynomial, RFC 3720 section 12.1
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => remainderOf(byte));

/** Digests by Web Crypto and a table: slow, and the same in every runtime. */
export const portableHashing: Hashing = {
  async sha256(bytes) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return hexOf(digest);
  },
  crc32c(bytes) {
    let sum = 0xffffffff;
    for (const byte of bytes) sum = sum >>> 8 ^ (TABLE[(sum ^ byte) & 0xff] ?? 0);
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, (sum ^ 0xffffffff) >>> 0);
    return btoa(String.fromCharCode(...value));
  },
};

function remainderOf(byte: number): number {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ CASTAGNOLI : value >>> 1;
  return value >>> 0;
}

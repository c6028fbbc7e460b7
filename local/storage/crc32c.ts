const POLYNOMIAL = 0x82f63b78; // Castagnoli, reflected (RFC 3720, appendix B.4)
const SLICES = 8;
const TABLES = makeTables();

/** Adds bytes to a CRC32C (Castagnoli); start with 0. */
export function updateCrc32c(crc: number, bytes: Uint8Array): number {
  let state = ~crc;
  const even = bytes.length - bytes.length % SLICES;
  // Eight tables, eight bytes a turn; typed arrays answer undefined only out of bounds.
  for (let at = 0; at < even; at += SLICES) {
    const low = state ^ (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 |
      bytes[at + 3]! << 24);
    state = TABLES[1792 + (low & 255)]! ^ TABLES[1536 + (low >>> 8 & 255)]! ^
      TABLES[1280 + (low >>> 16 & 255)]! ^ TABLES[1024 + (low >>> 24)]! ^
      TABLES[768 + bytes[at + 4]!]! ^ TABLES[512 + bytes[at + 5]!]! ^
      TABLES[256 + bytes[at + 6]!]! ^ TABLES[bytes[at + 7]!]!;
  }
  for (let at = even; at < bytes.length; at++) {
    state = state >>> 8 ^ TABLES[(state ^ bytes[at]!) & 255]!;
  }
  return ~state >>> 0;
}

/** A CRC32C as Cloud Storage writes it: big-endian base64. */
export function encodeCrc32c(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!;
    tables[at] = before >>> 8 ^ tables[before & 255]!;
  }
  return tables;
}

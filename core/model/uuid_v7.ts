import { hexOf } from "../hex.ts";

/** A UUID of version 7 (RFC 9562, section 5.7) in lower case. */
export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const MAX_TIMESTAMP = 2 ** 48 - 1;

/** Makes a UUIDv7 of a time in milliseconds and at least ten bytes; throws RangeError outside 48 bits. */
export function makeUuidV7(timeMs: number, random: Uint8Array): string {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > MAX_TIMESTAMP) {
    throw new RangeError(`Cannot make UUID: timeMs must be a 48-bit integer (got ${timeMs})`);
  }
  if (random.length < 10) throw new RangeError("Cannot make UUID: it needs ten random bytes");
  const bytes = random.slice(0, 10);
  bytes[0] = 0x70 | (bytes[0] ?? 0) & 0x0f; // version 7
  bytes[2] = 0x80 | (bytes[2] ?? 0) & 0x3f; // variant of RFC 9562
  const hex = timeMs.toString(16).padStart(12, "0") + hexOf(bytes);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The time inside a UUIDv7, in milliseconds since the epoch. */
export function timeOfUuidV7(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/** Slow lanes of deliveries, and as many of webhooks. */
export const SLOW_LANES = 8;

/** The slow lane of a key, from 0: its FNV-1a hash, so that all instances agree without asking. */
export function slowLaneOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % SLOW_LANES;
}

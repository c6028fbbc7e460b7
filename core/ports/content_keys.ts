/** May derive what stands for a file in rows. Who retries: the delivery. */
export interface ContentKeys {
  /**
   * HMAC-SHA-256 of a file's SHA-256 (lower-case hex) under the salt of the UTC day of a time, as lower-case hex: equal
   * files of a day have equal keys. Throws `unavailable` where the day has no salt.
   */
  contentKeyOf(timeMs: number, sha256: string): Promise<string>;
}

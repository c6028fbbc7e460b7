/** Checksums that somebody says an object's bytes have, each in base64 and undefined where it is not named. */
export interface DeclaredChecksums {
  /** Big-endian. */
  readonly crc32c?: string | undefined;
  readonly md5Hash?: string | undefined;
}

/** Reads `x-goog-hash: crc32c=…,md5=…`, in one line or several (https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash). */
export function parseHashHeader(value: string | null | undefined): DeclaredChecksums {
  const parts = (value ?? "").split(",").map((part) => /^\s*(crc32c|md5)=(\S+)\s*$/.exec(part));
  const found = new Map(parts.map((part) => [part?.[1], part?.[2]]));
  return { crc32c: found.get("crc32c"), md5Hash: found.get("md5") };
}

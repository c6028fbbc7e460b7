/** Bytes of an object, `end` being the last one. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the one range that a request asks of `size` bytes (RFC 9110, section 14); null where everything is to be sent,
 * `unsatisfiable` where there is nothing of it.
 */
export function parseByteRange(
  header: string | undefined,
  size: number,
): ByteRange | null | "unsatisfiable" {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ??
    [];
  if (first === undefined || last === undefined || first + last === "") return null;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && first !== "" && Number(last) < start) return null;
  if (start >= size || (first === "" && Number(last) === 0)) return "unsatisfiable";
  return { start, end };
}

/** `Range` of a session that is not complete: undefined where it holds nothing. */
export function formatHeld(bytes: number): string | undefined {
  return bytes === 0 ? undefined : `bytes=0-${bytes - 1}`;
}

/** How many bytes a session holds; without `Range` it holds none. */
export function parseHeld(header: string | null | undefined): number {
  const last = /^bytes=0-(\d{1,15})$/.exec(header ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

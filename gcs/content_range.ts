/** What `Content-Range` says of a request to a resumable session. */
export type ContentRange = QueryRange | BytesRange;

/** No bytes: asks what is held, and completes the object where `total` is exactly that. */
interface QueryRange {
  readonly kind: "query";
  readonly total: number | undefined;
}

/** Bytes from `start` on; `end` (the last byte) and `total` where they are known. */
export interface BytesRange {
  readonly kind: "bytes";
  readonly start: number;
  readonly end: number | undefined;
  readonly total: number | undefined;
  /** Whether the object ends with this body, however long it is (`bytes 0-*` + `/*`, or no header at all). */
  readonly endsHere: boolean;
}

const WHOLE = {
  kind: "bytes",
  start: 0,
  end: undefined,
  total: undefined,
  endsHere: true,
} as const;

/** `Content-Range` of the bytes from `start` up to `end` (not included), or of a status query where there are none. */
export function formatContentRange(start: number, end: number, total?: number): string {
  return `bytes ${end > start ? `${start}-${end - 1}` : "*"}/${total ?? "*"}`;
}

/** Reads `bytes a-b/T`, `a-b/*`, `a-*` + `/T`, `a-*` + `/*`, `*` + `/T` or `*` + `/*`; no header is the whole object; null where it is none of these. */
export function parseContentRange(header: string | undefined): ContentRange | null {
  if (header === undefined) return WHOLE;
  const [, span = "", start, end, size] =
    /^bytes[ =]*(\*|(\d{1,15})-(\d{1,15}|\*))\/(\d{1,15}|\*)$/.exec(header.trim()) ?? [];
  if (size === undefined) return null;
  const total = numberOf(size);
  if (span === "*") return { kind: "query", total };
  const first = Number(start);
  const last = numberOf(end);
  if (last !== undefined && (last < first || (total !== undefined && last >= total))) return null;
  const endsHere = last === undefined && total === undefined;
  return { kind: "bytes", start: first, end: last, total, endsHere };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === "*" ? undefined : Number(text);
}

/** A request's place in a trace, as `traceparent` says (W3C Trace Context, section 3.2). */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Of the span that called: 16 hex digits. */
  readonly spanId: string;
  /** One byte; its lowest bit says that the trace is sampled. */
  readonly flags: number;
}

/** Version ff and ids of zeros alone are invalid; only versions behind 00 may have more behind their four fields. */
const PATTERN =
  /^(?!ff)([0-9a-f]{2})-(?!0+-)([0-9a-f]{32})-(?!0+-)([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Parses a `traceparent` of any version by its first four fields; undefined where it is invalid. */
export function parseTraceParent(text: string | undefined): TraceParent | undefined {
  const [, version, traceId = "", spanId = "", flags = "", more] = PATTERN.exec(text ?? "") ?? [];
  if (version === undefined || (version === "00" && more !== undefined)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** The `traceparent` of a place in a trace, in version 00. */
export function formatTraceParent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

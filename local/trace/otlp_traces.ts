import * as z from "zod";

/** One span of whoever sent it; times in milliseconds since the epoch, ids in lower-case hex. */
export interface TraceSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** `service.name` of its part. */
  readonly part: string;
  /** The instrumentation that made it. */
  readonly scope: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: readonly TraceEvent[];
}

/** Something that happened inside a span. */
export interface TraceEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Readonly<Record<string, string>>;
}

const ERROR = 2;
const nanos = z.union([z.string().regex(/^\d{1,20}$/), z.number()])
  .transform((value) => Number(value) / 1e6);
const id = z.string().regex(/^[0-9a-fA-F]*$/).transform((hex) => hex.toLowerCase());
const attributes = z.array(z.object({ key: z.string(), value: z.looseObject({}).nullish() }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, textOf(value)])));

const requestSchema = z.object({
  resourceSpans: z.array(z.object({
    resource: z.object({ attributes }).optional(),
    scopeSpans: z.array(z.object({
      scope: z.object({ name: z.string().default("") }).optional(),
      spans: z.array(z.object({
        traceId: id,
        spanId: id,
        parentSpanId: id.optional(),
        name: z.string(),
        startTimeUnixNano: nanos,
        endTimeUnixNano: nanos,
        attributes,
        events: z.array(z.object({ name: z.string(), timeUnixNano: nanos, attributes })).default(
          [],
        ),
        status: z.object({ code: z.number().default(0) }).optional(),
      })).default([]),
    })).default([]),
  })).default([]),
});

/** The spans of an OTLP/HTTP export in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding); throws ZodError. */
export function parseExport(json: unknown): TraceSpan[] {
  return requestSchema.parse(json).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId === "" ? undefined : span.parentSpanId,
        part: resource?.attributes["service.name"] ?? "?",
        scope: scope?.name ?? "",
        name: span.name,
        startMs: span.startTimeUnixNano,
        endMs: span.endTimeUnixNano,
        failed: span.status?.code === ERROR,
        attributes: span.attributes,
        events: span.events.map(({ name, timeUnixNano, attributes }) => ({
          name,
          atMs: timeUnixNano,
          attributes,
        })),
      }))
    )
  );
}

/** A value's text: each is an object of one field that names its type. */
function textOf(value: object | null | undefined): string {
  const [first] = Object.values(value ?? {});
  return typeof first === "object" ? JSON.stringify(first) : String(first ?? "");
}

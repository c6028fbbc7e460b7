import * as z from "zod";

const ERROR = 2;
const nanos = z.union([z.string().regex(/^\d{1,20}$/), z.number()])
  .transform((value) => Number(value) / 1e6);
const id = z.string().regex(/^[0-9a-fA-F]*$/).transform((hex) => hex.toLowerCase());
const attributes = z.array(z.object({ key: z.string(), value: z.looseObject({}).nullish() }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, textOf(value)])));

/** Something that happened inside a span. */
const eventSchema = z.object({ name: z.string(), timeUnixNano: nanos, attributes })
  .transform(({ timeUnixNano: atMs, ...event }) => ({ ...event, atMs }));

const spanSchema = z.object({
  traceId: id,
  spanId: id,
  parentSpanId: id.optional().transform((parent) => parent === "" ? undefined : parent),
  name: z.string(),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: z.array(eventSchema).default([]),
  status: z.object({ code: z.number().default(0) }).optional(),
}).transform(({ startTimeUnixNano: startMs, endTimeUnixNano: endMs, status, ...span }) => ({
  ...span,
  startMs,
  endMs,
  failed: status?.code === ERROR,
}));

const requestSchema = z.object({
  resourceSpans: z.array(z.object({
    resource: z.object({ attributes }).optional(),
    scopeSpans: z.array(z.object({
      scope: z.object({ name: z.string().default("") }).optional(),
      spans: z.array(spanSchema).default([]),
    })).default([]),
  })).default([]),
});

/** One span of a part; times in milliseconds since the epoch, ids in lower-case hex. */
export type TraceSpan = Readonly<z.infer<typeof spanSchema>> & {
  /** `service.name` of its part. */
  readonly part: string;
  /** The instrumentation that made it. */
  readonly scope: string;
};

/** The spans of an OTLP/HTTP export in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding); throws ZodError. */
export function parseExport(json: unknown): TraceSpan[] {
  return requestSchema.parse(json).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const part = resource?.attributes["service.name"] ?? "?";
    return scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({ ...span, part, scope: scope?.name ?? "" }))
    );
  });
}

/** A value's text: each is an object of one field that names its type. */
function textOf(value: object | null | undefined): string {
  const [first] = Object.values(value ?? {});
  return typeof first === "object" ? JSON.stringify(first) : String(first ?? "");
}

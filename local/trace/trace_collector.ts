/**
 * A collector for one machine: takes OTLP/HTTP exports in JSON at `POST /v1/traces`, holds their spans in memory, and
 * finds the trace of an image.
 */
import * as z from "zod";
import { jsonReply, readText } from "../http/call.ts";
import { EmulatorServer } from "../http/emulator_server.ts";

/** A collector that listens on loopback. */
export interface TraceCollector {
  /** `http://localhost:PORT`, without a path. */
  readonly url: string;
  /** Every span of the trace in which a span names the image; none where there is no such span (yet). */
  traceOf(imageId: string): TraceSpan[];
  close(): Promise<void>;
}

const MAX_SPANS = 20_000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Starts a collector at `port`, 0 for one that is free. */
export async function startTraceCollector(port: number): Promise<TraceCollector> {
  const spans: TraceSpan[] = [];
  const server = new EmulatorServer({
    async answer({ method, path, body }) {
      if (method !== "POST" || path !== "/v1/traces") return jsonReply(404, {});
      spans.push(...parseExport(JSON.parse(await readText(body, MAX_BODY_BYTES) ?? "")));
      spans.splice(0, spans.length - MAX_SPANS);
      return jsonReply(200, {});
    },
    failure: () => jsonReply(400, {}),
    controls: [],
  }, { part: "traces" });
  return {
    url: await server.listen(port),
    traceOf(imageId) {
      // Requests that only read the image are traces of their own.
      const own = spans.find(({ name, attributes }) =>
        name === "process image" && attributes["tintype.image_id"] === imageId
      );
      return own === undefined ? [] : spans.filter(({ traceId }) => traceId === own.traceId);
    },
    close: () => server.close(),
  };
}

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

/**
 * A delivery's spans, in the trace that its image began at its source: what came before it (the upload, the push), the
 * delivery itself with its stages as events, and, through `traced`, each call to a port. Deno exports them
 * (`OTEL_DENO=true`); without an exporter they cost nothing.
 */
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { t0OfImageId } from "@tintype/core/model/image_id";
import type { Manifest, Timings } from "@tintype/core/model/manifest";
import type { ImageRef } from "@tintype/core/model/object_name";
import { parseTraceParent } from "@tintype/core/model/traceparent";
import type { ProcessOutcome } from "@tintype/core/processing/process_ports";

/** What is known of a delivery before its work begins. */
export interface DeliveryFacts {
  readonly ref: ImageRef | undefined;
  readonly messageId: string;
  /** From 1. */
  readonly attempt: number;
  readonly publishTime: Date;
  /** When the object was complete. */
  readonly timeCreated: Date | undefined;
  /** What the source wrote beside the object: advisory, so whatever is not a W3C traceparent is as if it were not there. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Writes into the span of a delivery what came of it. */
export interface DeliverySpan {
  /** `waitMs` is how long it waited in its request for a place. */
  ended(outcome: ProcessOutcome, waitMs: number): void;
  failed(error: unknown, status: number): void;
}

/** Stages in the order in which they are walked through. */
const STAGES = ["probeMs", "fetchMs", "decodeMs", "renditionsMs", "insightsMs", "storeMs"] as const;
const tracer = trace.getTracer("tintype-processor");

/** Runs a delivery inside a span of its image's trace; the request that brought it is linked. */
export async function traceDelivery<Answer>(
  facts: DeliveryFacts,
  run: (span: DeliverySpan) => Promise<Answer>,
): Promise<Answer> {
  const origin = contextOf(facts.metadata["traceparent"]);
  traceWayHere(facts, origin);
  const request = trace.getActiveSpan()?.spanContext();
  const options = {
    kind: SpanKind.CONSUMER,
    attributes: {
      "messaging.system": "gcp_pubsub",
      "messaging.message.id": facts.messageId,
      "tintype.attempt": facts.attempt,
      "tintype.image_id": facts.ref?.imageId,
      "tintype.tenant": facts.ref?.tenant,
    },
    ...(request === undefined ? {} : { links: [{ context: request }] }),
  };
  return await tracer.startActiveSpan("process image", options, origin, async (span) => {
    try {
      return await run(tellerOf(span));
    } finally {
      span.end();
    }
  });
}

/** What nobody else can tell of: how long the upload took, and how long its event was under way. */
function traceWayHere(facts: DeliveryFacts, origin: Context): void {
  const { ref, attempt, timeCreated, publishTime, metadata } = facts;
  const isFromEdge = metadata["source"] === "edge";
  if (isFromEdge && attempt === 1 && ref !== undefined && timeCreated !== undefined) {
    traceInterval("upload to storage", origin, [t0OfImageId(ref.imageId), timeCreated.getTime()]);
  }
  traceInterval("push", origin, [publishTime.getTime(), Date.now()]);
}

/** Clocks of two machines differ: an interval that ends before it begins is left out. */
function traceInterval(
  name: string,
  parent: Context,
  [startMs, endMs]: readonly [number, number],
): void {
  if (endMs < startMs) return;
  tracer.startSpan(name, { startTime: startMs }, parent).end(endMs);
}

function tellerOf(span: Span): DeliverySpan {
  return {
    ended(outcome, waitMs) {
      span.setAttributes({ "tintype.outcome": outcome.outcome, "tintype.wait_ms": waitMs });
      if (outcome.outcome === "done") addManifest(span, outcome.manifest);
    },
    failed(error, status) {
      // Its message may hold a name or an address; the class and the answer do not.
      const kind = error instanceof Error ? error.name : typeof error;
      span.setAttributes({ "error.type": kind, "http.response.status_code": status });
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
  };
}

function addManifest(span: Span, manifest: Manifest): void {
  const { status, reason, bytes, engine, timings, processedAt } = manifest;
  span.setAttributes({
    "tintype.status": status,
    "tintype.bytes": bytes,
    "tintype.engine": engine,
  });
  if (reason !== undefined) span.setAttribute("tintype.reason", reason);
  for (const { name, ms, endMs } of stagesOf(timings, Date.parse(processedAt))) {
    span.addEvent(name, { ms }, endMs);
  }
}

/** Each stage that was walked through, with its end: stages follow one another. */
export function stagesOf(
  timings: Timings,
  processedAtMs: number,
): { readonly name: string; readonly ms: number; readonly endMs: number }[] {
  let endMs = processedAtMs - (timings.totalMs ?? 0);
  return STAGES.flatMap((stage) => {
    const ms = timings[stage];
    if (ms === undefined) return [];
    endMs = Math.min(endMs + ms, processedAtMs);
    return [{ name: stage.slice(0, -2), ms, endMs }];
  });
}

function contextOf(traceparent: string | undefined): Context {
  const parent = parseTraceParent(traceparent);
  if (parent === undefined) return ROOT_CONTEXT;
  const { flags: traceFlags, ...ids } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceFlags, isRemote: true });
}

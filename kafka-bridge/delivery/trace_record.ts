import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { formatTraceParent, parseTraceParent } from "@tintype/core/model/traceparent";
import type { SourceRecord } from "../ports.ts";
import { headerOf } from "./record_headers.ts";

const HEADER = "traceparent";

/**
 * Runs the making of a record's object inside a span of the trace that its `traceparent` header names, or of a new one,
 * and hands over the record with that span in its header, so that the object's metadata goes on from here. Without an
 * exporter the record is handed over as it is.
 */
export async function traceRecord<Answer>(
  record: SourceRecord,
  run: (record: SourceRecord) => Promise<Answer>,
): Promise<Answer> {
  const span = startSpan(record);
  if (!span.isRecording()) return await run(record);
  const headers = new Map(record.headers).set(HEADER, new TextEncoder().encode(textOf(span)));
  try {
    return await run({ ...record, headers });
  } catch (error) {
    span.setAttribute("error.type", error instanceof Error ? error.name : typeof error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

function startSpan(record: SourceRecord): Span {
  const { topic, partition, offset } = record;
  const given = parseTraceParent(new TextDecoder().decode(headerOf(record, HEADER)));
  const parent = given === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, {
    traceId: given.traceId,
    spanId: given.spanId,
    traceFlags: given.flags,
    isRemote: true,
  });
  return trace.getTracer("tintype-bridge").startSpan("record to object", {
    kind: SpanKind.CONSUMER,
    attributes: {
      "messaging.system": "kafka",
      "messaging.destination.name": topic,
      "messaging.destination.partition.id": String(partition),
      "messaging.kafka.offset": String(offset),
    },
  }, parent);
}

function textOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return formatTraceParent({ traceId, spanId, flags: traceFlags });
}

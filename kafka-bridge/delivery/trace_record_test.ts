import assert from "node:assert/strict";
import { test } from "node:test";
import { trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { SourceRecord } from "../ports.ts";
import { traceRecord } from "./trace_record.ts";

const PARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

test("traceRecord() leaves a record as it is while nobody collects spans", async () => {
  const record = recordWith(PARENT);
  assert.equal(await traceRecord(record, async (given) => given), record);
});

test("traceRecord() goes on with the record's trace, and hands its own span to the object", async () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  try {
    const record = recordWith(PARENT);
    const given = await traceRecord(record, async (traced) => traced);
    const fresh = await traceRecord(recordWith("nonsense"), async (traced) => traced);
    await assert.rejects(traceRecord(record, () => Promise.reject(new TypeError("no"))), TypeError);
    const [first, second, failed] = exporter.getFinishedSpans();
    assert.ok(first && second && failed);
    const { traceId, spanId } = first.spanContext();
    assert.equal(traceId, "a".repeat(32));
    assert.equal(headerOf(given), `00-${traceId}-${spanId}-01`);
    assert.equal(headerOf(record), PARENT, "the record itself is not changed");
    assert.equal(
      headerOf(fresh),
      `00-${second.spanContext().traceId}-${second.spanContext().spanId}-01`,
    );
    assert.notEqual(second.spanContext().traceId, traceId);
    assert.deepEqual(
      [first.attributes["messaging.kafka.offset"], failed.attributes["error.type"]],
      ["7", "TypeError"],
    );
  } finally {
    trace.disable();
  }
});

function headerOf(record: SourceRecord): string {
  return new TextDecoder().decode(record.headers.get("traceparent"));
}

function recordWith(traceparent: string): SourceRecord {
  return {
    topic: "images",
    partition: 1,
    offset: 7n,
    timestampMs: 0,
    isCreateTime: false,
    key: null,
    value: new Uint8Array([1]),
    headers: new Map([["traceparent", new TextEncoder().encode(traceparent)]]),
  };
}

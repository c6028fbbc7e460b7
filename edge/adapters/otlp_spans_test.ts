import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestSpan } from "../ports.ts";
import { otlpSpans } from "./otlp_spans.ts";

const SPAN: RequestSpan = {
  traceId: "a".repeat(32),
  spanId: "b".repeat(16),
  parentSpanId: undefined,
  name: "POST /v1/uploads",
  startMs: 1_000,
  endMs: 1_012,
  status: 503,
  attributes: { "tintype.tenant": "acme", "tintype.image_id": undefined },
};

test("otlpSpans() sends a span as OTLP/HTTP in JSON, and leaves out what is not known", async (t) => {
  const bodies: string[] = [];
  t.mock.method(globalThis, "fetch", async (_url: string, { body }: RequestInit) => {
    bodies.push(String(body));
    return new Response("{}");
  });
  await otlpSpans("http://127.0.0.1:1/v1/traces").send(SPAN);
  const [{ resource, scopeSpans }] = JSON.parse(bodies[0] ?? "").resourceSpans;
  assert.equal(resource.attributes[0].value.stringValue, "edge");
  assert.deepEqual(scopeSpans[0].spans, [{
    traceId: SPAN.traceId,
    spanId: SPAN.spanId,
    name: "POST /v1/uploads",
    kind: 2,
    startTimeUnixNano: "1000000000",
    endTimeUnixNano: "1012000000",
    attributes: [
      { key: "http.response.status_code", value: { intValue: "503" } },
      { key: "tintype.tenant", value: { stringValue: "acme" } },
    ],
    status: { code: 2 },
  }]);
});

test("otlpSpans() costs nobody an answer where the collector is away", async () => {
  await otlpSpans("http://127.0.0.1:1/v1/traces").send(SPAN);
});

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { RequestSpan } from "../ports.ts";
import { OtlpSpans } from "./otlp_spans.ts";

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

test("OtlpSpans sends a span as OTLP/HTTP in JSON, and leaves out what is not known", async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    bodies.push(body);
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's, once it listens
  await new OtlpSpans(`http://127.0.0.1:${port}/v1/traces`).send(SPAN);
  server.close();
  server.closeAllConnections();
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

test("OtlpSpans costs nobody an answer where the collector is away", async () => {
  await new OtlpSpans("http://127.0.0.1:1/v1/traces").send(SPAN);
});

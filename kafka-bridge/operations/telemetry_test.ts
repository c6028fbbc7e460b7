import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { trace } from "@opentelemetry/api";
import { startTelemetry } from "./telemetry.ts";

test("startTelemetry() sends spans to the collector, the last ones when it ends", async () => {
  const requests: { readonly url: string | undefined; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    requests.push({ url: request.url, body });
    response.setHeader("Content-Type", "application/json").end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's, once it listens
  try {
    const end = startTelemetry(`http://127.0.0.1:${port}/`, "bridge");
    trace.getTracer("tintype-bridge").startSpan("record to object").end();
    await end();
  } finally {
    trace.disable();
    server.close();
    server.closeAllConnections();
  }
  assert.deepEqual(requests.map(({ url }) => url), ["/v1/traces"]);
  const [{ resource, scopeSpans }] = JSON.parse(requests[0]?.body ?? "").resourceSpans;
  const names = resource.attributes.map(({ value }: { value: { stringValue?: string } }) =>
    value.stringValue
  );
  assert.ok(names.includes("bridge"));
  assert.equal(scopeSpans[0].spans[0].name, "record to object");
});

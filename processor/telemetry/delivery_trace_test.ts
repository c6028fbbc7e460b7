import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { stagesOf } from "./delivery_trace.ts";

test("stagesOf() lets stages follow one another and end before the image does", () => {
  const timings = {
    queueMs: 5_000,
    probeMs: 3,
    fetchMs: 10,
    decodeMs: 40,
    storeMs: 20,
    totalMs: 90,
  };
  assert.deepEqual(stagesOf(timings, 1_000), [
    { name: "probe", ms: 3, endMs: 913 },
    { name: "fetch", ms: 10, endMs: 923 },
    { name: "decode", ms: 40, endMs: 963 },
    { name: "store", ms: 20, endMs: 983 },
  ]);
  assert.deepEqual(stagesOf({}, 1_000), []);
});

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly events?: readonly { readonly name: string }[];
}

describe("a delivery with Deno's exporter", () => {
  test("is a span of the trace that the source began, with stages as events and calls as children", async () => {
    const spans = await spansOfFixture();
    const find = (name: string) => spans.find((span) => span.name === name);
    const work = find("process image");
    assert.ok(work, `there is a span of the work among ${spans.map(({ name }) => name)}`);
    assert.deepEqual([work.traceId, work.parentSpanId], ["a".repeat(32), "b".repeat(16)]);
    const events = work.events?.map(({ name }) => name);
    assert.deepEqual(events, ["probe", "fetch", "decode", "renditions", "insights", "store"]);
    for (const name of ["upload to storage", "push"]) {
      assert.equal(find(name)?.parentSpanId, "b".repeat(16), name);
    }
    for (const name of ["processed.stat", "raw.read", "processed.create", "records.publish"]) {
      assert.equal(find(name)?.parentSpanId, work.spanId, name);
    }
  });
});

/** Runs one delivery in a process of its own, which exports to a collector here. */
async function spansOfFixture(): Promise<Span[]> {
  const spans: Span[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { resourceSpans } = await request.json();
    for (const { scopeSpans } of resourceSpans) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    return Response.json({});
  });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fileURLToPath(new URL("_traced_delivery_fixture.ts", import.meta.url))],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_DENO_METRICS: "false",
    },
  }).output();
  await server.shutdown();
  assert.ok(success, new TextDecoder().decode(stderr));
  return spans;
}

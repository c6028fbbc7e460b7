import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExport, startTraceCollector } from "./trace_collector.ts";
import { traceMs, traceTree } from "./trace_tree.ts";

const TRACE = "a".repeat(32);

function span(spanId: string, parentSpanId: string, fields: Record<string, unknown>) {
  return {
    traceId: TRACE,
    spanId,
    parentSpanId,
    startTimeUnixNano: "1000000000",
    endTimeUnixNano: "1010000000",
    attributes: [],
    ...fields,
  };
}

const EXPORTS = [
  {
    resourceSpans: [{
      resource: { attributes: [{ key: "service.name", value: { stringValue: "edge" } }] },
      scopeSpans: [{
        scope: { name: "tintype-edge" },
        spans: [span("01", "", {
          name: "POST /v1/uploads",
          attributes: [{ key: "http.response.status_code", value: { intValue: "201" } }],
        })],
      }],
    }],
  },
  {
    resourceSpans: [{
      resource: { attributes: [{ key: "service.name", value: { stringValue: "processor" } }] },
      scopeSpans: [{
        scope: { name: "tintype-processor" },
        spans: [
          span("02", "01", {
            name: "process image",
            startTimeUnixNano: "1020000000",
            endTimeUnixNano: "1100000000",
            attributes: [
              { key: "tintype.image_id", value: { stringValue: "image-1" } },
              { key: "tintype.status", value: { stringValue: "ready" } },
            ],
            events: [{
              name: "probe",
              timeUnixNano: "1032000000",
              attributes: [{ key: "ms", value: { doubleValue: 1.5 } }],
            }],
          }),
          span("03", "02", {
            name: "raw.stat",
            startTimeUnixNano: "1030000000",
            endTimeUnixNano: "1031000000",
            status: { code: 2 },
          }),
        ],
      }, {
        scope: { name: "deno" },
        spans: [span("04", "03", { name: "GET" })],
      }],
    }],
  },
];

test("traceTree() draws spans below their parents by time, events as dots, HTTP requests as a count", () => {
  const spans = EXPORTS.flatMap(parseExport);
  assert.equal(
    traceTree(spans),
    [
      "     0 ms  POST /v1/uploads [edge] 201  10 ms",
      "    20 ms  └ process image [processor] ready  80 ms",
      "    30 ms    ├ raw.stat [processor] 1 HTTP request FAILED  1.0 ms",
      "    32 ms    └ · probe  1.5 ms",
    ].join("\n"),
  );
  assert.equal(traceMs(spans), 100);
});

test("a collector takes exports and answers an image's whole trace", async () => {
  const collector = await startTraceCollector(0);
  try {
    const send = (body: string) => fetch(`${collector.url}/v1/traces`, { method: "POST", body });
    for (const each of EXPORTS) assert.equal((await send(JSON.stringify(each))).status, 200);
    assert.equal((await send("{")).status, 400);
    assert.equal((await send('{"resourceSpans":[{"scopeSpans":1}]}')).status, 400);
    assert.equal((await fetch(`${collector.url}/v1/metrics`, { method: "POST" })).status, 404);
    assert.deepEqual(collector.traceOf("image-1").map(({ spanId }) => spanId), [
      "01",
      "02",
      "03",
      "04",
    ]);
    assert.deepEqual(collector.traceOf("image-2"), []);
  } finally {
    await collector.close();
  }
});

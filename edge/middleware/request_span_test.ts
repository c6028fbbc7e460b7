import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTestEdge, signToken } from "../_testing.ts";
import type { RequestSpan } from "../ports.ts";

async function ask(headers: Record<string, string>) {
  const sent: RequestSpan[] = [];
  const held: Promise<unknown>[] = [];
  const spans = { send: (span: RequestSpan) => Promise.resolve(void sent.push(span)) };
  const edge = await makeTestEdge({ services: { spans } });
  const answer = await edge.app.request(
    "/v1/uploads",
    {
      method: "POST",
      headers: {
        Authorization: `Bearer ${await signToken()}`,
        "Content-Type": "application/json",
        ...headers,
      },
      body: JSON.stringify({ contentType: "image/png", size: 1_000 }),
    },
    {},
    { waitUntil: (work) => void held.push(work), passThroughOnException() {}, props: {} },
  );
  await Promise.all(held);
  return { sent, answer };
}

test("a request's span is the one that its traceparent names, in the caller's trace", async () => {
  const { sent: [span], answer } = await ask({
    traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
  });
  assert.ok(span);
  assert.equal(answer.headers.get("traceparent"), `00-${span.traceId}-${span.spanId}-01`);
  assert.deepEqual([span.traceId, span.parentSpanId], ["a".repeat(32), "b".repeat(16)]);
  assert.deepEqual([span.name, span.status], ["POST /v1/uploads", 201]);
  assert.equal(span.attributes["tintype.image_id"], (await answer.json()).imageId);
});

test("a trace that nobody samples sends no span, a new one does", async () => {
  const unsampled = await ask({ traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00` });
  assert.deepEqual(unsampled.sent, []);
  const { sent: [span] } = await ask({});
  assert.equal(span?.parentSpanId, undefined);
});

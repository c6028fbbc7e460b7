import assert from "node:assert/strict";
import { test } from "node:test";
import { problemOf } from "./problem.ts";

test("problemOf() reads the edge's problem document", () => {
  const headers = {
    "Content-Type": "application/problem+json",
    "X-Request-Id": "r1",
    "Retry-After": "7",
  };
  const text = JSON.stringify({ code: "rate_limited", detail: "Too many requests" });
  assert.deepEqual(problemOf(new Response(null, { status: 429, headers }), text), {
    status: 429,
    code: "rate_limited",
    detail: "Too many requests",
    requestId: "r1",
    retryAfterMs: 7_000,
  });
});

test("problemOf() makes a problem of any other answer", () => {
  const json = { headers: { "Content-Type": "application/json" }, status: 503 };
  for (const text of ["", "null", "[]", "{", '{"error":{"code":503}}']) {
    const { code, detail, retryAfterMs } = problemOf(new Response(null, json), text);
    assert.deepEqual([code, detail, retryAfterMs], ["http_503", "the answer was 503", undefined]);
  }
});

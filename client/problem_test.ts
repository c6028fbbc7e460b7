import assert from "node:assert/strict";
import { test } from "node:test";
import { problemOf, storageProblemOf } from "./problem.ts";

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
    errors: undefined,
  });
});

test("problemOf() makes a problem of any other answer", () => {
  const json = { headers: { "Content-Type": "application/json" }, status: 503 };
  for (const text of ["", "null", "[]", "{", '{"error":{"code":503}}']) {
    const { code, detail, retryAfterMs } = problemOf(new Response(null, json), text);
    assert.deepEqual([code, detail, retryAfterMs], [
      "unavailable",
      "the answer was 503",
      undefined,
    ]);
  }
});

test("problemOf() passes on which fields were wrong", () => {
  const headers = { "Content-Type": "application/problem+json" };
  const errors = [{ path: "imageId", message: "must be newer" }];
  const text = JSON.stringify({ code: "invalid_request", detail: "", errors });
  assert.deepEqual(problemOf(new Response(null, { status: 400, headers }), text).errors, errors);
});

test("storageProblemOf() distinguishes what passes from what is final", () => {
  const codeOf = (status: number) => storageProblemOf(new Response(null, { status })).code;
  for (const status of [408, 429, 500, 503]) assert.equal(codeOf(status), "unavailable");
  for (const status of [400, 401, 403]) assert.equal(codeOf(status), "storage_refused");
});

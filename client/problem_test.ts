import assert from "node:assert/strict";
import { test } from "node:test";
import { type Problem, problemOf, storageProblemOf } from "./problem.ts";

const JSON_PROBLEM = "application/problem+json";
const ERRORS = [{ path: "imageId", message: "must be newer" }];

/** A response's status, type and text, and what its problem says. */
const ANSWERS: readonly (readonly [number, string, unknown, Partial<Problem>])[] = [
  [429, JSON_PROBLEM, { code: "rate_limited", detail: "Too many" }, {
    ...{ code: "rate_limited", detail: "Too many" },
  }],
  [400, JSON_PROBLEM, { code: "invalid_request", detail: "", errors: ERRORS }, {
    ...{ code: "invalid_request", detail: "", errors: ERRORS },
  }],
  [500, "text/plain", { code: "internal" }, { code: "unavailable" }],
  [499, "application/json", {}, { code: "protocol" }],
  ...["", "null", "[]", "{", { error: { code: 503 } }, { detail: 1, errors: "none" }].map((text) =>
    [503, "application/json", text, { code: "unavailable" }] as const
  ),
];

test("problemOf() reads the edge's problem document, and makes a problem of any other response", () => {
  for (const [status, type, value, said] of ANSWERS) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const headers = { "Content-Type": type, "X-Request-Id": "r1", "Retry-After": "7" };
    const detail = `the answer was ${status}`;
    const common = { status, detail, requestId: "r1", retryAfterMs: 7_000, errors: undefined };
    const found = problemOf(new Response(null, { status, headers }), text);
    assert.deepEqual(found, { ...common, ...said }, text);
  }
});

test("storageProblemOf() distinguishes what passes from what is final", () => {
  const codeOf = (status: number) => storageProblemOf(new Response(null, { status })).code;
  for (const status of [408, 429, 500, 503]) assert.equal(codeOf(status), "unavailable");
  for (const status of [400, 401, 403]) assert.equal(codeOf(status), "storage_refused");
});

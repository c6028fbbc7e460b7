import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError, ERROR_CODES, isAppError } from "./errors.ts";

test("AppError carries the kind of its code, its fields and its cause", () => {
  const cause = new Error("socket closed");
  const error = new AppError("quota_exceeded", "Cannot take image as the day is full", {
    errors: [{ path: "size", message: "must fit" }],
    retryAfterMs: 1500,
    cause,
  });
  assert.equal(error.kind, "rate_limited");
  assert.equal(error.message, error.publicMessage);
  assert.deepEqual(error.errors, [{ path: "size", message: "must fit" }]);
  assert.equal(error.retryAfterMs, 1500);
  assert.equal(error.cause, cause);
  assert.equal(error.name, "AppError");
});

test("AppError without options has no fields, no cause and no time to wait", () => {
  const error = new AppError("not_found", "There is no such image");
  assert.deepEqual(error.errors, []);
  assert.equal(error.retryAfterMs, undefined);
  assert.equal("cause" in error, false);
});

test("the codes of DESIGN's HTTP contract are all there, each with its kind", () => {
  const kinds = {
    invalid_json: "invalid",
    invalid_request: "invalid",
    unauthenticated: "unauthenticated",
    forbidden: "forbidden",
    not_found: "not_found",
    method_not_allowed: "invalid",
    conflict: "conflict",
    erased: "conflict",
    length_required: "invalid",
    too_large: "too_large",
    unsupported_type: "unsupported",
    not_an_image: "unprocessable",
    digest_mismatch: "unprocessable",
    rate_limited: "rate_limited",
    quota_exceeded: "rate_limited",
    unavailable: "unavailable",
    internal: "internal",
  } as const;
  for (const [code, kind] of Object.entries(kinds)) {
    assert.equal(new Map<string, string>(Object.entries(ERROR_CODES)).get(code), kind, code);
  }
});

test("isAppError() tells AppErrors from others, and one code from another", () => {
  const error = new AppError("erased", "It was erased");
  assert.equal(isAppError(error), true);
  assert.equal(isAppError(error, "erased"), true);
  assert.equal(isAppError(error, "conflict"), false);
  assert.equal(isAppError(new Error("erased")), false);
  assert.equal(isAppError(undefined), false);
});

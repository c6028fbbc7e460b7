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

/** DESIGN's HTTP contract. */
const CODES = {
  invalid: ["invalid_json", "invalid_request", "method_not_allowed", "length_required"],
  ...{ unauthenticated: ["unauthenticated"], forbidden: ["forbidden"], not_found: ["not_found"] },
  ...{ conflict: ["conflict", "erased"], too_large: ["too_large"] },
  ...{ unsupported: ["unsupported_type"], unprocessable: ["not_an_image", "digest_mismatch"] },
  rate_limited: ["rate_limited", "quota_exceeded"],
  ...{ unavailable: ["unavailable"], internal: ["internal"] },
};

test("AppError without options has the kind of its code, no fields, no cause and no time to wait", () => {
  for (const [kind, codes] of Object.entries(CODES)) {
    for (const code of codes as (keyof typeof ERROR_CODES)[]) { // the compiler cannot infer them
      const { errors, retryAfterMs, limits, ...error } = new AppError(code, "There is none");
      assert.deepEqual([errors, retryAfterMs, limits], [[], undefined, []]);
      assert.deepEqual([error.kind, "cause" in error], [kind, false]);
    }
  }
});

test("isAppError() finds AppErrors among others, and one code among others", () => {
  const error = new AppError("erased", "It was erased");
  assert.deepEqual([isAppError(error), isAppError(error, "erased")], [true, true]);
  const others = [isAppError(error, "conflict"), isAppError(new Error("erased")), isAppError(null)];
  assert.deepEqual(others, [false, false, false]);
});

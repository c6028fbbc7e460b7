import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "@tintype/core/errors";
import { causeOf } from "./retry_until_done.ts";

test("causeOf() names what is behind a failure, without its own words", () => {
  const cause = Object.assign(new TypeError("secret"), { status: 503, code: "ECONNRESET" });
  const failures = [new AppError("unavailable", "secret", { cause }), cause, new RangeError("a")];
  assert.deepEqual(
    [...failures, new AppError("unavailable", "secret"), "secret", undefined].map(causeOf),
    [
      ...["TypeError 503 ECONNRESET", "TypeError 503 ECONNRESET", "RangeError"],
      ...["AppError unavailable", "string", "undefined"],
    ],
  );
});

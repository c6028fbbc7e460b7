import assert from "node:assert/strict";
import { test } from "node:test";
import { FAIL_REASONS, REJECT_REASONS } from "@tintype/core/model/reject_reason";
import { PROBLEM_TYPES } from "@tintype/edge/problem_types";
import { refusalOf, REFUSALS } from "@tintype/page/words";

const CLIENT_CODES = [
  ...["network", "protocol", "stalled", "session_lost"],
  ...["storage_refused", "unreadable", "timeout", "cancelled"],
];

test("the upload page has words for every problem, rejection and failure, and for no other", () => {
  const codes = [PROBLEM_TYPES, REJECT_REASONS, FAIL_REASONS].flatMap((table) =>
    Object.keys(table)
  );
  const all = [...new Set([...codes, ...CLIENT_CODES])];
  assert.deepEqual(Object.keys(REFUSALS).sort(), all.sort());
  for (const { what, todo } of Object.values(REFUSALS)) {
    assert.match(what, /^[A-Z].*\.$/);
    assert.match(todo, /^[A-Z].*\.$/);
  }
});

test("refusalOf() names the limit that the edge names, and takes an unknown code as our side's", () => {
  const detail = "Cannot start upload: size must be at most 52428800 bytes (got 61000000)";
  assert.equal(refusalOf("too_large", detail).what, "The file is larger than 52.4 MB.");
  assert.deepEqual(refusalOf("toString"), REFUSALS.internal);
});

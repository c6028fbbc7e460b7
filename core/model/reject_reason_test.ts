import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_REJECT_REASONS, ImageRejected } from "./reject_reason.ts";

test("the reasons are those of DESIGN", () => {
  assert.deepEqual(
    ALL_REJECT_REASONS.toSorted(),
    "corrupt declared_mismatch digest_mismatch not_an_image pipeline_rejected processing_limit too_large too_late too_many_frames too_many_pixels truncated unsupported_type"
      .split(" "),
  );
});

test("ImageRejected tells its reason, its detail and its cause", () => {
  const cause = new Error("codec");
  const error = new ImageRejected("corrupt", "row 3 is broken", { cause });
  const { reason, detail } = error;
  assert.deepEqual([reason, detail, error.cause], ["corrupt", "row 3 is broken", cause]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { RETENTION_POLICY as policy } from "../retention/policy.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { ownImage } from "./own_image.ts";

const ref = sampleRef(NOON_MS);

for (
  const [what, nowMs, isFound] of [
    ["5 s before its T0", NOON_MS - 5000, true],
    ["5.001 s before its T0", NOON_MS - 5001, false],
    ["behind its write cutoff", NOON_MS + policy.periodMs - policy.closingMs, true],
    ["in its last millisecond", NOON_MS + policy.periodMs - 1, true],
    ["when its period is over", NOON_MS + policy.periodMs, false],
  ] as const
) {
  test(`ownImage() ${isFound ? "derives the owner of T0's day" : "is not found, without a salt,"} ${what}`, async () => {
    const asked: number[] = [];
    const ownerAt = async (timeMs: number) => {
      asked.push(timeMs);
      return ref.owner;
    };
    const finding = ownImage({ tenant: ref.tenant, ownerAt }, ref.imageId, { policy, nowMs });
    if (isFound) assert.deepEqual(await finding, ref);
    else await assert.rejects(finding, { code: "not_found" });
    assert.deepEqual(asked, isFound ? [NOON_MS] : []);
  });
}

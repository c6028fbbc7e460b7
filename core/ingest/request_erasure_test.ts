import assert from "node:assert/strict";
import { test } from "node:test";
import { markerName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { requestErasure } from "./request_erasure.ts";

const policy = RETENTION_POLICY;
const ref = sampleRef(NOON_MS);
const older = parseOwner("older".padEnd(20, "a"));
const question = { ...ref, owners: [ref.owner, older], policy };

test("requestErasure() writes a marker under each of the owner's pseudonyms, with T0, once", async () => {
  const creator = new MemoryObjectStore();
  await requestErasure({ creator }, { ...question, nowMs: NOON_MS });
  const names = [markerName(ref), markerName({ ...ref, owner: older })];
  assert.deepEqual(creator.names(), names.toSorted());
  const facts = await creator.stat(markerName(ref));
  assert.deepEqual([facts?.size, facts?.customTimeMs], [0, NOON_MS]);
  await requestErasure({ creator }, { ...question, nowMs: NOON_MS + 1000 });
  assert.equal((await creator.stat(markerName(ref)))?.generation, facts?.generation);
});

for (
  const [what, nowMs, isTaken] of [
    ["5 s before its T0", NOON_MS - 5000, true],
    ["5.001 s before its T0", NOON_MS - 5001, false],
    ["in its closing time", NOON_MS + policy.periodMs - policy.closingMs, true],
    ["in its last millisecond", NOON_MS + policy.periodMs - 1, true],
    ["when its period is over", NOON_MS + policy.periodMs, false],
  ] as const
) {
  test(`requestErasure() is ${isTaken ? "taken" : "not found"} ${what}`, async () => {
    const creator = new MemoryObjectStore();
    const request = () => requestErasure({ creator }, { ...question, nowMs });
    if (isTaken) await request();
    else await assert.rejects(request, { code: "not_found" });
    assert.equal(creator.names().length, isTaken ? 2 : 0);
  });
}

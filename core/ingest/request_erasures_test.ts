import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { MemoryQuota } from "../testing/memory_quota.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { requestErasure } from "./request_erasure.ts";
import { requestErasures } from "./request_erasures.ts";

const refs = [1, 2, 3].map((ms) => sampleRef(NOON_MS + ms));
const [first, second, third] = refs as [ImageRef, ImageRef, ImageRef]; // three were made
const { tenant, owner } = first;

function setUp() {
  const erasures = new MemoryObjectStore();
  const quota = new MemoryQuota();
  const request = async (
    refs: readonly ImageRef[],
    erasuresPerDay: number | undefined,
    asking = owner,
  ) => {
    const bound = erasuresPerDay === undefined ? undefined : { owner: asking, erasuresPerDay };
    return [...(await requestErasures({ erasures, quota }, { tenant, refs, bound })).keys()];
  };
  return { erasures, quota, request };
}

test("requestErasures() writes an empty request under each raw object's name, with T0", async () => {
  const { erasures, quota, request } = setUp();
  assert.deepEqual(await request(refs, 3), []);
  assert.deepEqual(erasures.names(), refs.map(rawName).toSorted());
  const facts = await erasures.stat(rawName(second));
  assert.deepEqual([facts?.size, facts?.customTimeMs], [0, NOON_MS + 2]);
  assert.equal(quota.erasures(), 3);
});

test("requestErasures() refuses those that the day has no room for, in their order, and writes nothing for them", async () => {
  const { erasures, request } = setUp();
  assert.deepEqual(await request([third, first, second], 2), [second.imageId]);
  assert.deepEqual(erasures.names(), [rawName(first), rawName(third)].toSorted());
});

test("a repeated request is free, also where the day is full or another one, and changes nothing", async () => {
  const { erasures, quota, request } = setUp();
  await request([first], 1);
  const facts = await erasures.stat(rawName(first));
  assert.deepEqual(await request([first, second], 1), [second.imageId]);
  const tomorrow = new MemoryQuota();
  const input = { tenant, refs: [first], bound: { owner, erasuresPerDay: 1 } };
  await requestErasures({ erasures, quota: tomorrow }, input);
  await requestErasure({ erasures }, first);
  assert.deepEqual(await erasures.stat(rawName(first)), facts);
  assert.deepEqual([quota.erasures(), tomorrow.erasures()], [1, 0]);
  const ended = requestErasure({ erasures }, third, { signal: AbortSignal.abort() });
  await assert.rejects(ended, { name: "AbortError" });
});

for (const [erasuresPerDay, share] of [[3_000, 300], [100, 50]] as const) {
  test(`one owner takes at most ${share} of a tenant's ${erasuresPerDay} erasures a day`, async () => {
    const { quota, request } = setUp();
    const many = Array.from({ length: share + 2 }, (_, at) => sampleRef(NOON_MS + at));
    assert.equal((await request(many, erasuresPerDay)).length, 2);
    assert.equal(quota.erasures(), share);
    const other = parseOwner("b".repeat(20));
    assert.deepEqual(await request(many, erasuresPerDay, other), [], "everybody else goes on");
  });
}

test("requestErasures() of staff counts nothing", async () => {
  const { erasures, quota, request } = setUp();
  assert.deepEqual(await request(refs, undefined), []);
  assert.deepEqual([erasures.names().length, quota.erasures()], [3, 0]);
});

test("requestErasures() that was interrupted is repeated without counting twice", async () => {
  const quota = new MemoryQuota();
  let isDown = true;
  const erasures = new MemoryObjectStore({
    before: (call) => {
      if (call === "create" && isDown) throw new AppError("unavailable", "Storage is away");
    },
  });
  const bound = { owner, erasuresPerDay: 3 };
  const request = () => requestErasures({ erasures, quota }, { tenant, refs, bound });
  await assert.rejects(request, { code: "unavailable" });
  isDown = false;
  assert.equal((await request()).size, 0);
  assert.deepEqual([erasures.names().length, quota.erasures()], [3, 3]);
});

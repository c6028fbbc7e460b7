import assert from "node:assert/strict";
import { test } from "node:test";
import { type ImageRef, rawName } from "../model/object_name.ts";
import type { ListQuery } from "../ports/object_store.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { ImageSearch } from "./find_images.ts";

const DAY_MS = 86_400_000;
const STATES = ["none", "processing", "done", "erased"] as const;
type State = (typeof STATES)[number];

/** A world that counts requests, and images of it in states that repeat. */
async function worldOf(count: number, states: readonly State[] = STATES, days = 1) {
  const calls: string[] = [];
  const noting = (store: string) => ({
    before: (operation: string) => void calls.push(`${store} ${operation}`),
  });
  const world = new TestWorld({
    ...{ raw: noting("raw"), processed: noting("processed"), erasures: noting("erasures") },
  });
  const refs: ImageRef[] = [];
  const expected: State[] = [];
  for (let at = 0; at < count; at++) {
    const ref = sampleRef(NOON_MS - at - (at % days) * DAY_MS);
    const state = states[at % states.length] ?? "none";
    if (state !== "none") await world.raw.put(rawName(ref), new Uint8Array(3));
    if (state === "done" || state === "erased") await world.finish(ref);
    if (state === "erased") await world.requestErasure(ref);
    refs.push(ref);
    expected.push(state);
  }
  calls.length = 0;
  return { world, refs, expected, calls };
}

const statesIn = (search: ImageSearch, refs: readonly ImageRef[]) =>
  refs.map(({ imageId }) => search.found.get(imageId)?.state);

const tally = (calls: readonly string[]) =>
  Object.fromEntries(["read", "stat", "list"].map((operation) => [
    operation,
    calls.filter((call) => call.endsWith(operation)).length,
  ]));

for (
  const [count, days, requests] of [
    // A read each, the erasure request of what is there, and a listing a day of the raw bucket.
    [4, 1, { read: 4, stat: 3, list: 1 }],
    [10, 3, { read: 10, stat: 7, list: 3 }],
    // Above ten: a listing a day of each bucket, and reads of what has a manifest alone.
    [12, 1, { read: 6, stat: 9, list: 2 }],
    [24, 8, { read: 12, stat: 18, list: 12 }],
  ] as const
) {
  test(`ImageSearch finds ${count} images of ${days} days by ${JSON.stringify(requests)}`, async () => {
    const { world, refs, expected, calls } = await worldOf(count, STATES, days);
    const search = new ImageSearch(world, refs);
    assert.equal(await search.lookForDone(), true);
    await search.lookAtRest();
    assert.deepEqual(statesIn(search, refs), expected);
    assert.deepEqual(tally(calls), requests);
  });
}

test("ImageSearch has requests for seven looks at 50 images, three at ten, and stays within 60", async () => {
  for (const [count, looks] of [[50, 7], [10, 4], [5, 8]] as const) {
    const { world, refs, calls } = await worldOf(count, ["processing"]);
    const search = new ImageSearch(world, refs);
    let looked = 0;
    do assert.equal(await search.lookForDone(), false); while (++looked < 8 && search.mayLookAgain);
    await search.lookAtRest();
    assert.ok(looked >= looks, `${looked} looks at ${count} images`);
    assert.ok(calls.length <= 60, `${calls.length} requests`);
    assert.deepEqual(new Set(statesIn(search, refs)), new Set(["processing"]));
  }
});

test("ImageSearch sees what is done between two looks, and does not wait for what is to be erased", async () => {
  const { world, refs: [first, second] } = await worldOf(2, ["processing"]);
  assert.ok(first !== undefined && second !== undefined);
  const search = new ImageSearch(world, [first, second]);
  assert.equal(await search.lookForDone(), false);
  await world.finish(first);
  await world.requestErasure(first);
  assert.equal(await search.lookForDone(), false);
  await world.finish(second);
  assert.equal(await search.lookForDone(), true);
  assert.equal(search.mayLookAgain, false);
  assert.deepEqual(statesIn(search, [first, second]), ["erased", "done"]);
});

test("ImageSearch leaves out what 60 requests do not reach; another search of that goes on", async () => {
  const { world, refs, calls } = await worldOf(50, ["done"]);
  let rest: readonly ImageRef[] = refs;
  for (const reached of [29, 21]) {
    calls.length = 0;
    const search = new ImageSearch(world, rest);
    await search.lookForDone();
    await search.lookAtRest();
    assert.equal(search.found.size, reached);
    assert.ok(calls.length <= 60, `${calls.length} requests`);
    rest = rest.filter(({ imageId }) => !search.found.has(imageId));
  }
});

test("ImageSearch lists on where a page ends before the last image", async (t) => {
  const { world, refs, expected } = await worldOf(20);
  for (const store of [world.raw, world.processed]) {
    const list = store.list.bind(store);
    t.mock.method(store, "list", (query: ListQuery) => list({ ...query, maxResults: 4 }));
  }
  const search = new ImageSearch(world, refs);
  await search.lookForDone();
  await search.lookAtRest();
  assert.deepEqual(statesIn(search, refs), expected);
});

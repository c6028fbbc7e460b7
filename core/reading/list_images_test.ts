import assert from "node:assert/strict";
import { test } from "node:test";
import { type ImageId, makeImageId } from "../model/image_id.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import { type Owner, parseOwner } from "../model/owner.ts";
import type { ListQuery, ObjectLister } from "../ports/object_store.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { listImages, type ListImagesInput } from "./list_images.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const { tenant, owner } = sampleRef();
const FIRST_PAGE: ListImagesInput = {
  tenant,
  ownerAt: () => Promise.resolve(owner),
  limit: 20,
  nowMs: NOON_MS,
  policy: RETENTION_POLICY,
};
/** One listing in each of at most twelve windows. */
const MAX_CALLS = 12;

/** A lister whose pages hold a few names only, and that counts calls. */
function smallPages(world: TestWorld, pageSize: number): ObjectLister & { calls: number } {
  return {
    calls: 0,
    list(query: ListQuery) {
      this.calls++;
      return world.raw.list({ ...query, maxResults: Math.min(query.maxResults ?? 1e9, pageSize) });
    },
  };
}

const stores = ({ raw, processed, erasures }: TestWorld) => ({ raw, processed, erasures });

async function put(world: TestWorld, t0Ms: number, of: Owner = owner): Promise<ImageRef> {
  const ref = { ...sampleRef(t0Ms), owner: of };
  await world.raw.put(rawName(ref), new Uint8Array(3));
  return ref;
}

/** So many images, each of its T0. */
async function putMany(world: TestWorld, images: number, t0Of: (at: number) => number) {
  return await Promise.all(Array.from({ length: images }, (_, at) => put(world, t0Of(at))));
}

/** Newest first, as ids and times sort alike. */
function newestFirst(refs: readonly ImageRef[]): ImageId[] {
  return refs.map(({ imageId }) => imageId).toSorted().toReversed();
}

interface WalkOptions extends Partial<ListImagesInput> {
  readonly pageSize?: number;
  readonly maxCalls?: number;
  readonly betweenPages?: () => Promise<unknown>;
}

/** Every page until there is no cursor; checks each page's bounds. */
async function walkPages(
  world: TestWorld,
  { pageSize = 1000, maxCalls = MAX_CALLS, betweenPages, ...options }: WalkOptions = {},
) {
  const raw = smallPages(world, pageSize);
  const seen: ImageId[] = [];
  let pages = 0;
  let before: ImageId | undefined = options.before;
  do {
    raw.calls = 0;
    const input = { ...FIRST_PAGE, ...options, nowMs: world.clock.now(), before };
    const page = await listImages({ ...stores(world), raw }, input);
    assert.ok(page.images.length <= input.limit);
    assert.ok(raw.calls <= maxCalls, `${raw.calls} calls`);
    seen.push(...page.images.map(({ ref }) => ref.imageId));
    assert.ok(before === undefined || page.nextBefore === undefined || page.nextBefore < before);
    before = page.nextBefore;
    pages++;
    await betweenPages?.();
  } while (before !== undefined && pages < 500);
  assert.ok(pages < 500, "the pages come to an end");
  return { seen, pages };
}

for (const [stepMs, images, calls] of [[HOUR_MS, 40, 10], [60_000, 30, 1]] as const) {
  test(`listImages() fills its page with at most ${calls} looks, of an image every ${stepMs} ms`, async () => {
    const world = new TestWorld();
    await putMany(world, images, (at) => NOON_MS - at * stepMs);
    const raw = smallPages(world, 1000);
    const page = await listImages({ ...stores(world), raw }, FIRST_PAGE);
    assert.equal(page.images.length, 20);
    assert.ok(raw.calls <= calls, `${raw.calls} calls`);
  });
}

test("listImages() looks over empty days side by side: at most three looks one after another", async () => {
  const world = new TestWorld();
  let underway = 0;
  let rounds = 0;
  const raw: ObjectLister = {
    async list(query) {
      if (underway++ === 0) rounds++;
      const page = await world.raw.list(query);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underway--;
      return page;
    },
  };
  const page = await listImages({ ...stores(world), raw }, FIRST_PAGE);
  assert.deepEqual(page, { images: [], nextBefore: undefined });
  assert.ok(rounds <= 3, `${rounds} rounds`);
});

/** T0s before noon, in milliseconds: how many images, and when each of them began. */
type Times = readonly (readonly [images: number, ageOf: (at: number) => number])[];

const WORLDS: readonly (readonly [string, Times, WalkOptions & { readonly limits: number[] }])[] = [
  ["nothing", [], { limits: [20] }],
  ["several days", [[60, (at) => at * 2.5 * HOUR_MS + at]], { limits: [7] }],
  ["quiet days around one of more than a page of names", [
    [6, (at) => at * DAY_MS],
    [60, (at) => 3 * DAY_MS + at * 60_000],
  ], { pageSize: 10, limits: [1, 7, 50] }],
  ["a window of more than a page", [[400, (at) => 5 * HOUR_MS + at * 20]], {
    ...{ pageSize: 10, limits: [50] },
  }],
  ["a millisecond of more than a page", [[35, () => HOUR_MS], [2, (at) => HOUR_MS - 1 + 2 * at]], {
    ...{ pageSize: 10, limits: [8], maxCalls: MAX_CALLS + 4 },
  }],
  ["more than a thousand images of an hour", [[1100, (at) => 10 + at * 3]], { limits: [50] }],
  ["clocks that are a few seconds ahead", [[1, () => -5000]], { limits: [20] }],
  ["the period to the millisecond", [[1, () => RETENTION_POLICY.periodMs - 1]], { limits: [20] }],
];

for (const [what, times, { limits, ...options }] of WORLDS) {
  test(`listImages() lists ${what}, newest first, page after page, each image once`, async () => {
    const world = new TestWorld();
    const refs = [];
    for (const [images, ageOf] of times) {
      refs.push(...await putMany(world, images, (at) => NOON_MS - ageOf(at)));
    }
    await put(world, NOON_MS - RETENTION_POLICY.periodMs);
    if (refs[0] !== undefined) {
      for (const tail of ["/x", "x"]) await world.raw.put(rawName(refs[0]) + tail);
    }
    for (const limit of limits) {
      const { seen } = await walkPages(world, { ...options, limit });
      assert.deepEqual(seen, newestFirst(refs));
    }
  });
}

test("listImages() goes on where a page ended while new images arrive", async () => {
  const world = new TestWorld();
  const refs = await putMany(world, 30, (at) => NOON_MS - at * 1000);
  const betweenPages = async () => {
    world.clock.nowMs += 500;
    await put(world, world.clock.nowMs);
  };
  const { seen } = await walkPages(world, { limit: 7, betweenPages });
  assert.deepEqual(seen, newestFirst(refs));
});

test("listImages() derives the owner of each day that is kept, and leaves everyone else out", async () => {
  const world = new TestWorld();
  const days = new Set<number>();
  const ownerAt = (timeMs: number) => {
    const day = new Date(timeMs).getUTCDate();
    days.add(day);
    return Promise.resolve(parseOwner("abcdefghijklmnopqrstuvwxyz".charAt(day).repeat(20)));
  };
  const refs: ImageRef[] = [];
  for (let at = 0; at < 12; at++) {
    const t0Ms = NOON_MS - at * 13 * HOUR_MS;
    refs.push(await put(world, t0Ms, await ownerAt(t0Ms)));
    await put(world, t0Ms, await ownerAt(t0Ms - DAY_MS));
  }
  days.clear();
  const { seen } = await walkPages(world, { ownerAt, limit: 5 });
  assert.deepEqual(seen, newestFirst(refs));
  assert.deepEqual([...days].sort((a, b) => a - b), [7, 8, 9, 10, 11, 12, 13, 14]);
});

test("listImages() returns the state of each image, without those that are erased", async () => {
  const world = new TestWorld();
  for (const ref of await putMany(world, 3, (at) => NOON_MS - at)) await world.requestErasure(ref);
  const [done, open] = [await put(world, NOON_MS - 1), await put(world, NOON_MS - 2)];
  const manifest = await world.finish(done);
  const { images } = await listImages(stores(world), FIRST_PAGE);
  assert.deepEqual(images, [
    { state: "done", ref: done, manifest },
    { state: "processing", ref: open, bytes: 3 },
  ]);
});

test("listImages() is empty behind a cursor at its end", async () => {
  const world = new TestWorld();
  await put(world, NOON_MS - 1);
  const before = makeImageId(NOON_MS - 7 * DAY_MS, new Uint8Array(10));
  assert.deepEqual(await walkPages(world, { before }), { seen: [], pages: 1 });
});

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Client, Image, ListOptions } from "@tintype/client/client";
import { WORDS } from "../words.ts";
import { Gallery } from "./gallery.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const START_MS = Date.parse("2026-03-01T00:00:00Z");
const PURGE_AT = "2026-03-08T00:00:00Z";

/** What the client is asked for, and what it answers when a test says so. */
interface Asked {
  readonly imageId: string;
  answer(image: Partial<Image>): Promise<void>;
  fail(): Promise<void>;
}

type ListedPage = Awaited<ReturnType<Client["images"]["list"]>>;

/** A line of a listing. */
function summaryOf(imageId: string, status = "ready"): ListedPage["images"][number] {
  const { renditions } = sizes("listed");
  const shown = status === "ready" ? renditions : [];
  return {
    imageId,
    status,
    purgeAt: PURGE_AT,
    image: "",
    renditions: shown,
  } as ListedPage["images"][number]; // a status
}

/** A picture as the gallery reads it. */
function imageOf(imageId: string, image: Partial<Image>): Image {
  return { ...summaryOf(imageId), renditions: [], metadata: {}, ...image } as Image; // what it reads
}

/** A gallery over these calls of the client. */
function galleryOf(images: object, aheadMs = 0): Gallery {
  const client = { images } as unknown as Client; // the calls that the gallery makes
  return new Gallery({ client, now: () => Date.now() + aheadMs, onChange: () => undefined });
}

/** A gallery of `count` pictures, whose calls the test answers. */
async function openGallery(count: number, status = "ready") {
  const asked: Asked[] = [];
  const erased: string[] = [];
  const ids = Array.from({ length: count }, (_, at) => `image-${String(at).padStart(2, "0")}`);
  const gallery = galleryOf({
    list: async () => ({ images: ids.map((imageId) => summaryOf(imageId, status)) }),
    get: (imageId: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<Image>();
      const answer = async (image: Partial<Image>) => {
        resolve(imageOf(imageId, image));
        await turn();
      };
      asked.push({ imageId, answer, fail: async () => (reject(new Error("lost")), await turn()) });
      return promise;
    },
    erase: async (imageId: string) => {
      if (imageId === "refused") throw new Error("Cannot erase");
      erased.push(imageId);
    },
  });
  await gallery.refresh();
  return { gallery, asked, erased, ids };
}

/** A size with an address of its own. */
function sizes(url: string): Pick<Image, "renditions"> {
  const size = { name: "thumb", width: 200, height: 150, contentType: "image/jpeg", bytes: 9 };
  return { renditions: [{ ...size, url }] };
}

/** Moves the clock on. */
const pass = (ms: number) => mock.timers.setTime(Date.now() + ms);

beforeEach(() => mock.timers.enable({ apis: ["Date"], now: START_MS }));
afterEach(() => mock.timers.reset());

test("a screen of pictures is one call: its tiles ask for nothing", async () => {
  for (const status of ["ready", "rejected", "failed"]) {
    const { gallery, asked, ids } = await openGallery(24, status);
    for (const id of ids) gallery.want(id);
    pass(9 * MINUTE_MS);
    for (const id of ids) gallery.want(id);
    assert.equal(asked.length, 0);
  }
});

test("pictures are asked for four at a time, and those that left the view before their turn never", async () => {
  const { gallery, asked, ids } = await openGallery(24, "processing");
  pass(5_000);
  for (const id of ids) gallery.want(id);
  for (const id of ids.slice(0, 20)) gallery.unwant(id);
  assert.equal(asked.length, 4);
  while (asked.length < 8) await asked[asked.length - 4]?.answer(sizes("u"));
  for (const each of asked.slice(-4)) await each.answer(sizes("u"));
  assert.deepEqual(asked.map(({ imageId }) => imageId), [...ids.slice(0, 4), ...ids.slice(20)]);
  gallery.want("image-10");
  assert.equal(asked.length, 9, "what comes into view again is asked for again");
});

test("all of a picture is asked for when its dialog opens, and again when its addresses end; its tile keeps what it shows", async () => {
  const { gallery, asked } = await openGallery(1);
  gallery.hasShown("image-00");
  gallery.wantAddresses("image-00");
  await asked[0]?.answer(sizes("first"));
  pass(9 * MINUTE_MS);
  gallery.wantAddresses("image-00");
  pass(2 * MINUTE_MS);
  gallery.want("image-00");
  assert.equal(asked.length, 1);
  gallery.wantAddresses("image-00");
  await asked[1]?.answer(sizes("second"));
  const [entry] = gallery.entries;
  assert.deepEqual(
    [entry?.image?.renditions[0]?.url, entry?.shown.renditions[0]?.url],
    ["second", "listed"],
  );
});

test("a picture whose addresses ended before its tile could show it is asked for", async () => {
  const { gallery, asked } = await openGallery(1);
  gallery.want("image-00");
  assert.equal(asked.length, 0);
  pass(11 * MINUTE_MS);
  gallery.want("image-00");
  await asked[0]?.answer(sizes("second"));
  assert.equal(gallery.entries[0]?.shown.renditions[0]?.url, "second");
});

test("one that is processed is asked for at most every five seconds", async () => {
  const { gallery, asked } = await openGallery(1, "processing");
  for (const ms of [4_000, 1_000, 4_000, 1_000]) {
    pass(ms);
    gallery.want("image-00");
    await asked.at(-1)?.answer({ status: "processing" });
  }
  assert.equal(asked.length, 2);
});

test("a picture that could not be asked for is left alone for a minute", async () => {
  const { gallery, asked } = await openGallery(1);
  gallery.wantAddresses("image-00");
  await asked[0]?.fail();
  assert.equal(gallery.entries[0]?.isLost, true);
  pass(MINUTE_MS - 1);
  gallery.wantAddresses("image-00");
  assert.equal(asked.length, 1);
  pass(1);
  gallery.wantAddresses("image-00");
  assert.equal(asked.length, 2);
});

test("the gallery shows the newest first, and nothing beyond the end of its retention period", async () => {
  const { gallery, ids } = await openGallery(3);
  assert.deepEqual(gallery.entries.map(({ imageId }) => imageId), ids.toReversed());
  const purgeAt = new Date(START_MS + MINUTE_MS).toISOString();
  gallery.add(imageOf("image-99", { purgeAt }), START_MS);
  assert.equal(gallery.entries[0]?.imageId, "image-99");
  pass(MINUTE_MS - 1);
  assert.equal(gallery.entries.length, 4);
  pass(1);
  assert.deepEqual(gallery.entries.map(({ imageId }) => imageId), ids.toReversed());
});

test("the time left counts down to the end of the retention period, and never below", () => {
  const { left } = WORDS.gallery;
  assert.deepEqual([6.5 * DAY_MS, 90_000].map(left), [
    "6 days 12 hours left",
    "1 minute 30 seconds left",
  ]);
  assert.equal(left(-1), left(0));
  assert.notEqual(left(0), left(1));
});

test("erased pictures leave the gallery; those whose erasure failed are counted and stay", async () => {
  const { gallery, erased, ids } = await openGallery(9);
  const wanted = ids.slice(0, 7);
  assert.equal(await gallery.erase([...wanted, "refused"]), 1);
  assert.deepEqual([erased.sort(), gallery.entries.length], [wanted, 2]);
});

test("what was rejected is listed by itself, and time is counted by the server's clock", async () => {
  const images = [summaryOf("a"), summaryOf("b", "rejected")];
  const list = async () => ({ images });
  const ahead = Date.parse(PURGE_AT) - START_MS;
  for (const [aheadMs, counts] of [[ahead - 1, [1, 1]], [ahead, [0, 0]]] as const) {
    const gallery = galleryOf({ list }, aheadMs);
    await gallery.refresh();
    assert.deepEqual([gallery.entries.length, gallery.rejected.length], counts);
  }
});

test("pictures are read anew 50 at a time, and those that are gone are left out", async () => {
  const calls: number[] = [];
  const gallery = galleryOf({
    states: async (ids: readonly string[]) => {
      calls.push(ids.length);
      return {
        images: ids.map((id, at) => at === 0 ? { imageId: id, problem: {} } : { imageId: id }),
      };
    },
  });
  const found = await gallery.readAll(Array.from({ length: 60 }, (_, at) => String(at)));
  assert.deepEqual([calls, found.length], [[50, 10], 58]);
});

test("a picture that was erased while it was asked for does not come back", async () => {
  const { gallery, asked, ids } = await openGallery(1);
  const [id = ""] = ids;
  gallery.want(id);
  await gallery.erase([id]);
  await asked[0]?.answer(sizes("late"));
  assert.deepEqual(gallery.entries, []);
});

test("older pictures are listed on demand, page after page, until there are none", async () => {
  const pages: Record<string, ListedPage> = {
    first: { images: [summaryOf("c")], cursor: "second" },
    second: { images: [summaryOf("b")], cursor: "third" },
    third: {
      images: Array.from({ length: 24 }, (_, at) => summaryOf(`a${at}`)),
      cursor: "fourth",
    },
    fourth: { images: [summaryOf("0")] },
  };
  const gallery = galleryOf({
    list: async ({ cursor = "first" }: ListOptions) => pages[cursor],
  });
  await gallery.refresh();
  assert.deepEqual(
    [gallery.entries.length, gallery.hasMore],
    [26, true],
    "short pages are passed",
  );
  await gallery.more();
  assert.deepEqual([gallery.entries.length, gallery.hasMore], [27, false]);
  await gallery.more();
  assert.equal(gallery.state, "idle");
});

test("a listing that failed says so, and what was there stays until it works again", async () => {
  let isDown = false;
  let status = "processing";
  const gallery = galleryOf({
    list: async () => {
      if (isDown) throw new TypeError("the network is gone");
      return { images: [summaryOf("a", status)] };
    },
  });
  await gallery.refresh();
  isDown = true;
  await gallery.refresh();
  assert.deepEqual([gallery.state, gallery.entries[0]?.summary.status], ["failed", "processing"]);
  isDown = false;
  status = "ready";
  await gallery.refresh();
  assert.deepEqual([gallery.state, gallery.entries[0]?.summary.status], ["idle", "ready"]);
});

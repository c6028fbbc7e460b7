import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Client, Image } from "@tintype/client/client";
import { Gallery } from "./gallery.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.parse("2026-03-01T00:00:00Z");
const PURGE_AT = "2026-03-08T00:00:00Z";

/** What the client is asked for, and what it answers when a test says so. */
interface Asked {
  readonly imageId: string;
  answer(image: Partial<Image>): Promise<void>;
  fail(): Promise<void>;
}

/** A gallery of `count` pictures, whose calls the test answers. */
async function openGallery(count: number) {
  const asked: Asked[] = [];
  const ids = Array.from({ length: count }, (_, at) => `image-${String(at).padStart(2, "0")}`);
  const images = {
    list: async () => ({
      images: ids.map((imageId) => ({ imageId, status: "ready", purgeAt: PURGE_AT, image: "" })),
    }),
    get: (imageId: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<Image>();
      const answer = async (image: Partial<Image>) => {
        resolve({ imageId, status: "ready", purgeAt: PURGE_AT, renditions: [], ...image } as Image); // what it reads
        await turn();
      };
      asked.push({ imageId, answer, fail: async () => (reject(new Error("lost")), await turn()) });
      return promise;
    },
  };
  const client = { images } as unknown as Client; // the calls that the gallery makes
  const gallery = new Gallery({ client, onChange: () => undefined });
  await gallery.refresh();
  return { gallery, asked, ids };
}

/** A size with an address of its own. */
function sizes(url: string): Pick<Image, "renditions"> {
  const size = { name: "thumb", width: 200, height: 150, contentType: "image/jpeg", bytes: 9 };
  return { renditions: [{ ...size, url }] };
}

/** Runs with a clock that the test moves. */
async function withClock(run: (pass: (ms: number) => void) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ["Date"], now: START_MS });
  try {
    await run((ms) => mock.timers.setTime(Date.now() + ms));
  } finally {
    mock.timers.reset();
  }
}

test("pictures are asked for four at a time, and those that left the view before their turn never", async () => {
  await withClock(async () => {
    const { gallery, asked, ids } = await openGallery(24);
    for (const id of ids) gallery.want(id);
    for (const id of ids.slice(0, 20)) gallery.unwant(id);
    assert.equal(asked.length, 4);
    while (asked.length < 8) await asked[asked.length - 4]?.answer(sizes("u"));
    for (const each of asked.slice(-4)) await each.answer(sizes("u"));
    assert.deepEqual(asked.map(({ imageId }) => imageId), [...ids.slice(0, 4), ...ids.slice(20)]);
    gallery.want("image-10");
    assert.equal(asked.length, 9, "what comes into view again is asked for again");
  });
});

test("a picture that its tile shows is asked for again only for the addresses of its sizes", async () => {
  await withClock(async (pass) => {
    const { gallery, asked } = await openGallery(1);
    gallery.want("image-00");
    await asked[0]?.answer(sizes("first"));
    gallery.hasShown("image-00");
    pass(9 * MINUTE_MS);
    gallery.wantAddresses("image-00");
    pass(2 * MINUTE_MS);
    gallery.want("image-00");
    assert.equal(asked.length, 1);
    gallery.wantAddresses("image-00");
    await asked[1]?.answer(sizes("second"));
    const [entry] = gallery.entries;
    assert.deepEqual(
      [entry?.image?.renditions[0]?.url, entry?.shown?.renditions[0]?.url],
      ["second", "first"],
    );
  });
});

test("a picture whose addresses ended before its tile could show it is asked for again", async () => {
  await withClock(async (pass) => {
    const { gallery, asked } = await openGallery(1);
    gallery.want("image-00");
    await asked[0]?.answer(sizes("first"));
    gallery.want("image-00");
    assert.equal(asked.length, 1);
    pass(11 * MINUTE_MS);
    gallery.want("image-00");
    await asked[1]?.answer(sizes("second"));
    assert.equal(gallery.entries[0]?.shown?.renditions[0]?.url, "second");
  });
});

test("a rejected picture is asked for once, one being developed at most every five seconds", async () => {
  await withClock(async (pass) => {
    const { gallery, asked } = await openGallery(2);
    for (const id of ["image-00", "image-01"]) gallery.want(id);
    await asked[0]?.answer({ status: "rejected", reason: "corrupt" });
    await asked[1]?.answer({ status: "processing" });
    pass(4_000);
    gallery.want("image-01");
    assert.equal(asked.length, 2);
    pass(60 * MINUTE_MS);
    for (const id of ["image-00", "image-01"]) gallery.want(id);
    assert.deepEqual(asked.slice(2).map(({ imageId }) => imageId), ["image-01"]);
  });
});

test("a picture that could not be asked for is left alone for a minute", async () => {
  await withClock(async (pass) => {
    const { gallery, asked } = await openGallery(1);
    gallery.want("image-00");
    await asked[0]?.fail();
    assert.equal(gallery.entries[0]?.isLost, true);
    pass(MINUTE_MS - 1);
    gallery.want("image-00");
    assert.equal(asked.length, 1);
    pass(1);
    gallery.want("image-00");
    assert.equal(asked.length, 2);
  });
});

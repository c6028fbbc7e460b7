/** Days, facts, selections and names of files: what follows from the gallery's entries. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addedAtMs, daysOf, goesSoon } from "./days.ts";
import { fileNameOf } from "./download.ts";
import { formatAndSizeOf, ratioOf } from "./entry_facts.ts";
import type { GalleryEntry } from "./gallery.ts";
import { Selection } from "./selection.ts";

const DAY_MS = 86_400_000;
const PERIOD_MS = 7 * DAY_MS;
const NOW_MS = new Date(2026, 2, 11, 12).getTime();

/** A picture of so many days ago, whose renditions are of these sizes. */
function entryOf(daysAgo: number, ...sizes: readonly (readonly [number, number])[]): GalleryEntry {
  const renditions = sizes.map(([width, height]) => ({
    ...{ name: "", width, height, contentType: "image/webp", bytes: 1, url: "" },
  }));
  const summary = {
    status: "ready" as const,
    purgeAt: new Date(NOW_MS - daysAgo * DAY_MS + PERIOD_MS).toISOString(),
    createdAt: undefined,
  };
  return {
    imageId: String(daysAgo),
    summary,
    image: undefined,
    shown: { renditions },
    isLost: false,
  };
}

test("pictures stand by the days of their reader, with what the first one of them has left", () => {
  const entries = [0, 0.25, 1, 5].map((days) => entryOf(days));
  const days = daysOf(entries, { nowMs: NOW_MS, periodMs: PERIOD_MS });
  assert.deepEqual(
    days.map(({ name, entries, leftMs }) => [name, entries.length, leftMs / DAY_MS]),
    [
      ["Today", 2, 6.75],
      ["Yesterday", 1, 6],
      ["Friday 6 March", 1, 2],
    ],
  );
  assert.equal(addedAtMs(entryOf(2), PERIOD_MS), NOW_MS - 2 * DAY_MS);
  assert.deepEqual([DAY_MS - 1, DAY_MS].map((ms) => goesSoon(ms, PERIOD_MS)), [true, false]);
});

test("a tile has its largest rendition's proportions within bounds, and a square without one", () => {
  const ratios = [[[800, 600]], [[90, 90], [300, 100]], [[100, 900]], []].map((sizes) =>
    ratioOf(entryOf(0, ...sizes as [number, number][])) // pairs
  );
  assert.deepEqual(ratios, [800 / 600, 2.6, 0.56, 1]);
});

test("a picture is named by the original's format and size, or the largest rendition's until that was read", () => {
  const entry = entryOf(0, [20, 10], [800, 600]);
  assert.deepEqual(formatAndSizeOf(entry), ["WEBP", "800 × 600"]);
  const metadata = { mediaType: "image/heic", width: 4_000, height: 3_000 };
  const image = { metadata } as unknown as NonNullable<GalleryEntry["image"]>; // what is read
  assert.deepEqual(formatAndSizeOf({ ...entry, image }), ["HEIC", "4000 × 3000"]);
  assert.deepEqual(formatAndSizeOf(entryOf(0)), []);
});

test("a download is named by its time, and two of one second differ", () => {
  const createdAt = "2026-03-11T12:05:09.000Z";
  const names = ["0001", "0002"].map((imageId) => fileNameOf({ imageId, createdAt }, "image/jpeg"));
  assert.deepEqual(names, [
    ...["tintype 2026-03-11 12.05.09 0001.jpg", "tintype 2026-03-11 12.05.09 0002.jpg"],
  ]);
});

test("a selection toggles, extends from the last one in either direction, and takes all or none", () => {
  const order = ["a", "b", "c", "d", "e"];
  const selection = new Selection();
  const steps: readonly (readonly [() => void, string])[] = [
    [() => selection.toggle("d"), "d"],
    [() => selection.extendTo("b", order), "bcd"],
    [() => selection.toggle("c"), "bd"],
    [() => selection.extendTo("e", order), "bcde"],
    [() => selection.toggleAll(order), "abcde"],
    [() => selection.toggleAll(order), ""],
    [() => selection.extendTo("c", ["c"]), "c"],
  ];
  for (const [step, selected] of steps) {
    step();
    assert.equal(selection.of(order).join(""), selected);
  }
  assert.deepEqual(selection.of(["a"]), [], "what is gone is no longer selected");
});

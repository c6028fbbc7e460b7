import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, chunk, jpeg, le, png, tiff } from "../../testing/headers.ts";
import { brokenPicture } from "./is_whole.ts";

const SIDES = { width: 9, height: 9 };
/** Entropy-coded bytes with a stuffed zero, a restart, and an end that lies within a segment. */
const SCAN = bytesOf([1, 0xff, 0, 0xff, 0xd3, 2, 0xff, 0xe5, 0, 4, 0xff, 0xd9, 3]);
const frame = bytesOf(0x2c, new Uint8Array(8), 0, [2, 2, 1, 1, 0]);
const gif = bytesOf("GIF89a", le(9, 2), le(9, 2), [0, 0, 0], [0x21, 0xfe, 1, 0x3b, 0], frame, 0x3b);
const strips = (bytes: number) => tiff([[273, 4, 1, 30], [279, 4, 1, bytes]]);

const WHOLE = {
  "image/jpeg": bytesOf(jpeg(SIDES), SCAN, [0xff, 0xd9]),
  "image/png": bytesOf(png(SIDES), chunk("IEND")),
  "image/gif": gif,
  "image/tiff": bytesOf(strips(12), new Uint8Array(4)),
} as const;

for (const [mediaType, whole] of Object.entries(WHOLE) as [keyof typeof WHOLE, Uint8Array][]) {
  test(`brokenPicture() finds a whole ${mediaType} corrupt, and a cut one truncated`, () => {
    const cause = new Error("the decoder");
    const broken = (bytes: Uint8Array) => brokenPicture(bytes, mediaType, cause);
    assert.deepEqual([broken(whole).reason, broken(whole).cause], ["corrupt", cause]);
    const cut = mediaType === "image/tiff" ? strips(9) : whole.subarray(0, -1);
    assert.deepEqual([broken(cut).reason, broken(cut).cause], ["truncated", cause]);
  });
}

test("brokenPicture() finds what the probe has measured corrupt", () => {
  assert.equal(brokenPicture(new Uint8Array(), "image/webp", undefined).reason, "corrupt");
});

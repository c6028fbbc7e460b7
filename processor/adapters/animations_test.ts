import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import sharp from "sharp";
import { renditionTableSchema } from "@tintype/core/model/rendition";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { definePipeline } from "@tintype/core/processing/pipeline";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import { heifSequence } from "@tintype/core/processing/probe/heif_sequence";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { render } from "@tintype/core/processing/render";
import { colorAt, difference, draw } from "@tintype/core/testing/drawing";
import { codecNamed } from "./codec_table.ts";
import { loadPlanarDecoder } from "./planar_decoder.ts";

const codec = await codecNamed("sharp");
const WITHOUT_AV1 = loadPlanarDecoder() === undefined
  ? "there is no native decoder for this machine"
  : false;
const FRAMES = 6;
const DELAYS_MS = [100, 200, 100, 100, 100, 100];
const [RED, WHITE] = [[230, 30, 30], [255, 255, 255]] as const;

/** A white square that goes from left to right over red: `testing/heif/make.py` draws the same. */
function drawnFrame(step: number): RawPixels {
  const isSquare = (x: number, y: number) => y >= 24 && y < 40 && Math.floor(x / 16) === step;
  return draw(96, 64, (x, y) => isSquare(x, y) ? WHITE : RED);
}

/** Frames as one file of the format, which has no other picture. */
async function filmOf(frames: readonly RawPixels[], format: "gif" | "webp") {
  const images = frames.map(({ data, width, height, channels }) =>
    sharp(data, { raw: { width, height, channels } }).png().toBuffer()
  );
  const joined = sharp(await Promise.all(images), { join: { animated: true } });
  return new Uint8Array(await joined.toFormat(format, { delay: DELAYS_MS, loop: 3 }).toBuffer());
}

const film = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../testing/heif/${name}`, import.meta.url)));

async function animated(bytes: Uint8Array<ArrayBuffer>, pipeline = definePipeline({})) {
  const line = { name: "small", width: 48, height: 48, animated: true, quality: 95 };
  const request = {
    bytes,
    ...await probeBytes(bytes),
    renditions: renditionTableSchema.parse([line]),
  };
  const options = { pipeline, clock: { now: () => 0 }, decodeTimeoutMs: 10_000 };
  const [rendition] = (await render(codec, request, options)).renditions;
  assert.ok(rendition !== undefined);
  return { ...rendition, frames: rendition.frames ?? 1 };
}

/** A frame of a written file. */
async function frameOf(bytes: Uint8Array, page: number): Promise<RawPixels> {
  const image = sharp(bytes, { page }).ensureAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: 4 };
}

for (
  const [what, make, skip] of [
    ["GIF", () => filmOf(Array.from({ length: FRAMES }, (_, at) => drawnFrame(at)), "gif"), false],
    [
      "WebP",
      () => filmOf(Array.from({ length: FRAMES }, (_, at) => drawnFrame(at)), "webp"),
      false,
    ],
    ["AVIF", () => film("film.avif"), WITHOUT_AV1],
    ["AVIF with alpha", () => film("film_alpha.avif"), WITHOUT_AV1],
  ] as const
) {
  test(`an animated rendition of ${what} shows every frame for its time`, { skip }, async () => {
    const bytes = await make();
    assert.equal((await probeBytes(bytes)).header.frames, FRAMES);
    const { format, width, height, frames, bytes: written } = await animated(bytes);
    assert.deepEqual([format, width, height, frames], ["webp", 48, 32, FRAMES]);
    const read = await sharp(written, { animated: true }).metadata();
    assert.deepEqual([read.pages, read.delay], [FRAMES, DELAYS_MS]);
    assert.equal(read.loop, what.startsWith("AVIF") ? 0 : 3);
    assert.deepEqual([read.exif, read.xmp, read.icc], [undefined, undefined, undefined]);
    for (let step = 0; step < FRAMES; step += 1) {
      const shown = await frameOf(written, step);
      const colors = [0, 1, 2, 3, 4, 5].map((at) => colorAt(shown, (at + 0.5) / FRAMES, 0.5));
      const isWhite = colors.map((color) => difference(color.slice(0, 3), WHITE) < 60);
      assert.deepEqual(isWhite, colors.map((_, at) => at === step), `frame ${step}`);
      const isGlass = what.endsWith("alpha");
      assert.equal(colorAt(shown, 0.5, 0.1)[3], isGlass ? 0 : 255);
    }
  });
}

test("frames of an animation do not bleed into one another, and a pipeline's steps see each", async () => {
  const frames = [0, 255, 0, 255].map((grey) => draw(96, 64, () => [grey, grey, grey]));
  let seen = 0;
  const count = (pixels: RawPixels) => {
    seen += 1;
    return pixels;
  };
  const pipeline = definePipeline({ steps: [{ name: "count", apply: count }] });
  const { bytes } = await animated(await filmOf(frames, "gif"), pipeline);
  for (const [at, frame] of frames.entries()) {
    const shown = await frameOf(bytes, at);
    for (const y of [0.01, 0.5, 0.99]) {
      const differs = difference(colorAt(shown, 0.5, y).slice(0, 3), colorAt(frame, 0.5, y));
      assert.ok(differs <= 2, `frame ${at} at ${y}: ${differs}`);
    }
  }
  // The still picture, which insights measure, and four frames.
  assert.equal(seen, 5);
});

test("heifSequence() reads damaged films or refuses them, and reads nothing outside of the file", () => {
  const whole = film("film_alpha.avif");
  const refused = { rejected: 0, none: 0, read: 0 };
  let state = 7;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
  for (let run = 0; run < 2_000; run += 1) {
    const bytes = whole.slice(0, run % 4 === 0 ? random(whole.length) : whole.length);
    for (let flips = 1 + random(3); flips > 0; flips -= 1) {
      bytes[random(bytes.length)] = random(256);
    }
    try {
      const sequence = heifSequence(bytes);
      refused[sequence === undefined ? "none" : "read"] += 1;
      for (const tile of sequence?.color.tiles ?? []) assert.ok(tile.length > 0);
    } catch (error) {
      assert.ok(error instanceof ImageRejected, String(error));
      refused.rejected += 1;
    }
  }
  assert.ok(Object.values(refused).every((count) => count > 50), JSON.stringify(refused));
});

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { DecodeRequest, ImageCodec, RawPixels } from "@tintype/core/ports/image_codec";
import { uprightSize } from "@tintype/core/processing/plan_renditions";
import { heifLayers } from "@tintype/core/processing/probe/heif_layers";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { colorAt, difference, draw, scene, turned } from "@tintype/core/testing/drawing";
import { meanDeltaE } from "@tintype/core/testing/likeness";
import { makeSample, sharedImage, WITHOUT_SHARED_IMAGES } from "../testing/samples.ts";
import { heifCodec } from "./heif_codec.ts";
import { decodedFirstBy, loadPlanarDecoder } from "./planar_decoder.ts";
import { sharpCodec } from "./sharp_codec.ts";

const planar = loadPlanarDecoder();
const skip = planar === undefined ? "there is no native decoder for this machine" : false;
const FOLDER = new URL("../testing/heif/", import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".heic")).sort();
const BOX: DecodeRequest["target"] = { width: 400, height: 400, fit: "inside" };

const read = (name: string) => new Uint8Array(readFileSync(new URL(name, FOLDER)));

async function requestOf(bytes: Uint8Array<ArrayBuffer>, target = BOX) {
  return { bytes, ...await probeBytes(bytes), target, timeoutMs: 20_000 };
}

async function planarPixels(bytes: Uint8Array<ArrayBuffer>, target = BOX): Promise<RawPixels> {
  const pixels = await planar?.decode(await requestOf(bytes, target));
  assert.ok(pixels !== undefined, "the native decoder does not take it");
  return pixels;
}

async function pixelsOf(codec: ImageCodec, bytes: Uint8Array<ArrayBuffer>, target = BOX) {
  const pixels = await codec.decode(await requestOf(bytes, target));
  return { ...pixels, data: Uint8Array.from(pixels.data) };
}

/** The picture that make.py draws. */
function drawn({ width, height }: Pick<RawPixels, "width" | "height">): RawPixels {
  return draw(width, height, (x, y) => {
    const parts = [x / width, y / height, (width - x) * (height - y) / (width * height)];
    return parts.map((part) => 85 + Math.floor(255 * part) / 4);
  });
}

for (const name of NAMES) {
  test(
    `the planar decoder shows ${name} as it was drawn and as libheif does`,
    { skip },
    async () => {
      const bytes = read(name);
      const { orientation } = (await probeBytes(bytes)).header;
      const [ours, theirs] = [await planarPixels(bytes), await pixelsOf(heifCodec(), bytes)];
      assert.deepEqual([ours.width, ours.height], [theirs.width, theirs.height]);
      assert.equal(ours.channels, name === "alpha.heic" ? 4 : 3);
      // libheif does not round what it cuts from 10 and 12 bits.
      if (!name.startsWith("bits_")) assert.ok(meanDeltaE(ours, theirs) <= 1);
      const stored = orientation >= 5 ? { width: ours.height, height: ours.width } : ours;
      // A picture's turn shows what was stored; turning that the other way stores what is shown.
      const source = shownBy(drawn(stored), orientation);
      for (const [x, y] of [[0.1, 0.1], [0.9, 0.2], [0.3, 0.8], [0.7, 0.6]] as const) {
        const [red, green, blue] = colorAt(source, x, y);
        const grey = [green, green, green];
        const expected = name === "grey.heic" ? grey : [red, green, blue];
        const found = colorAt(ours, x, y);
        assert.ok(difference(found.slice(0, 3), expected.map(Number)) <= 4, `${found} ${expected}`);
        if (ours.channels === 4) assert.ok(Math.abs((found[3] ?? 0) - (red ?? 0)) <= 4);
      }
    },
  );
}

/** What a viewer who follows `orientation` shows of stored pixels: 6 and 8 undo each other, the others themselves. */
function shownBy(stored: RawPixels, orientation: number): RawPixels {
  return turned(stored, orientation === 6 ? 8 : orientation === 8 ? 6 : orientation);
}

test("the planar decoder shows an iPhone's photograph as libheif does", {
  skip: skip || WITHOUT_SHARED_IMAGES,
}, async () => {
  const bytes = sharedImage("photos/iphone_hevc.heic");
  const box = { ...BOX, width: 800, height: 800 };
  const [ours, theirs] = [await planarPixels(bytes, box), await pixelsOf(heifCodec(), bytes, box)];
  assert.deepEqual([ours.width, ours.height, ours.channels], [600, 800, 3]);
  assert.ok(meanDeltaE(ours, theirs) <= 1);
});

for (const [what, box] of [["as it is", BOX], ["made smaller", { ...BOX, width: 90 }]] as const) {
  test(`the planar decoder shows an AVIF ${what} as libvips does`, { skip }, async () => {
    const bytes = await makeSample(scene(301, 201), { mediaType: "image/avif" });
    const [ours, theirs] = [
      await planarPixels(bytes, box),
      await pixelsOf(sharpCodec(), bytes, box),
    ];
    assert.ok(meanDeltaE(ours, theirs) <= 1);
  });
}

test("what the planar decoder does not take goes to the codec behind it", { skip }, async () => {
  assert.ok(planar !== undefined);
  const codec = decodedFirstBy(planar, heifCodec());
  assert.match(codec.engine, /^libheif-js .*, ffmpeg \d/);
  const bytes = read("chroma_420.heic");
  const { header } = await probeBytes(bytes);
  // An overlay of nothing: its item is no longer one that is coded.
  const at = Array.from(bytes.keys()).findIndex((at) => read4(bytes, at) === "hvcC");
  bytes.set(new TextEncoder().encode("hvcX"), at);
  assert.equal(heifLayers(bytes), undefined);
  await assert.rejects(codec.decode({ ...await requestOf(read("grey.heic")), bytes, header }), {
    reason: "corrupt",
  });
});

test("heifLayers() finds a grid's tiles, a picture's alpha and what clap shows", async () => {
  const grid = heifLayers(read("grid.heic"));
  assert.deepEqual([grid?.color.tiles.length, grid?.color.tileWidth], [6, 64]);
  const odd = heifLayers(read("odd_size.heic"));
  assert.deepEqual(odd?.crop, { left: 0, top: 0, width: 95, height: 71 });
  assert.ok((odd?.color.width ?? 0) > 95);
  assert.equal((heifLayers(read("alpha.heic")))?.alpha?.coding, "hevc");
  const turnedSize = uprightSize((await probeBytes(read("orientation_6.heic"))).header);
  assert.deepEqual(turnedSize, { width: 72, height: 96 });
});

function read4(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { type RenditionSpec, renditionTableSchema } from "@tintype/core/model/rendition";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import type { GainMapNumbers } from "@tintype/core/processing/gain_map/gain_map";
import { withGainMap } from "@tintype/core/processing/gain_map/write_gain_map";
import { definePipeline } from "@tintype/core/processing/pipeline";
import { jpegGainMap } from "@tintype/core/processing/probe/jpeg_gain_map";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { render } from "@tintype/core/processing/render";
import { seededRandom } from "@tintype/core/seeded_random";
import { draw, quarters, turned } from "@tintype/core/testing/drawing";
import { makeSample, sharedImage, WITHOUT_SHARED_IMAGES } from "../testing/samples.ts";
import { codecNamed } from "./codec_table.ts";

const codec = await codecNamed("sharp");
/** Another reader: libultrahdr in libvips, which pixel processes never let near a file. */
const ULTRA_HDR = { operation: ["VipsForeignLoadUhdrBuffer"] };

const NUMBERS: GainMapNumbers = {
  ...{ min: [0], max: [2], gamma: [1], offsetSdr: [0], offsetHdr: [0] },
  ...{ capacityMin: 0, capacityMax: 2 },
};

async function encoded(pixels: RawPixels, isGrey: boolean, orientation?: number) {
  const { data, width, height, channels } = pixels;
  const image = sharp(data, { raw: { width, height, channels } });
  const stored = isGrey ? image.toColourspace("b-w") : image;
  const tagged = orientation === undefined ? stored : stored.withMetadata({ orientation });
  return new Uint8Array(await tagged.jpeg({ quality: 95 }).toBuffer());
}

/** Mid-grey of 160 x 96, whose right half is four times as bright on a display that can show that. */
async function ultraHdr({ orientation = 1, numbers = NUMBERS } = {}) {
  const base = turned(draw(160, 96, () => [100, 100, 100]), orientation);
  const map = turned(draw(80, 48, (x) => x < 40 ? [0, 0, 0] : [255, 255, 255]), orientation);
  return withGainMap(await encoded(base, false, orientation), {
    bytes: await encoded(map, true),
    numbers,
  });
}

async function rendered(
  bytes: Uint8Array<ArrayBuffer>,
  line: Partial<RenditionSpec> = {},
  { pipeline = definePipeline({}), with: other = codec } = {},
) {
  const box = { name: "x", width: 80, height: 80, hdr: "keep", ...line };
  const request = {
    bytes,
    ...await probeBytes(bytes),
    renditions: renditionTableSchema.parse([box]),
  };
  const options = { pipeline, clock: { now: () => 0 }, decodeTimeoutMs: 10_000 };
  const [made] = (await render(other, request, options)).renditions;
  return made ?? assert.fail("no rendition");
}

/** Light of a file's pixels by libultrahdr, at places from left to right in the middle, and at the top; 1 is SDR's white. */
async function lightOf(bytes: Uint8Array, places: readonly number[]) {
  sharp.unblock(ULTRA_HDR);
  // Its types lack the method.
  const read = sharp(bytes) as Sharp & { withGainMap(): Sharp };
  const image = read.withGainMap().toColourspace("scrgb").raw({ depth: "float" });
  const reading = image.toBuffer({ resolveWithObject: true });
  const { data, info } = await reading.finally(() => sharp.block(ULTRA_HDR));
  const light = new Float32Array(new Uint8Array(data).buffer);
  const row = Math.floor(info.height / 2) * info.width;
  return places.map((x) => light[(row + Math.floor(x * info.width)) * info.channels] ?? NaN);
}

const SDR = ((100 / 255 + 0.055) / 1.055) ** 2.4;

for (
  const [what, line, orientation, expected] of [
    ["inside its box", {}, 1, [1, 4, 4]],
    ["upright", {}, 6, [1, 4, 4]],
    ["upside down and mirrored", {}, 4, [1, 4, 4]],
    ["cut", { width: 40, fit: "cover" }, 1, [1, 4, 4]],
    ["cut from a larger box", { width: 90, height: 500, fit: "cover" }, 1, [1, 4, 4]],
    ["framed by white without gain", { width: 80, fit: "contain", height: 24 }, 1, [1, 4, 1]],
    ["framed and not enlarged", { width: 320, fit: "contain", height: 96 }, 8, [1, 4, 1]],
  ] as const
) {
  test(`a gain map is kept ${what}`, async () => {
    const { bytes, hasGainMap, dropped, format } = await rendered(
      await ultraHdr({ orientation }),
      line,
    );
    assert.deepEqual([hasGainMap, dropped, format], [true, undefined, "jpeg"]);
    const isFramed = expected[2] === 1;
    const [left = 0, right = 0, edge = 0] = await lightOf(bytes, [isFramed ? 0.4 : 0.2, 0.6, 0.95]);
    const found = [left / SDR, right / SDR, isFramed ? edge : edge / SDR];
    for (const [at, gain] of expected.entries()) {
      assert.ok(
        Math.abs((found[at] ?? 0) / gain - 1) < 0.08,
        `${found} in the place of ${expected}`,
      );
    }
  });
}

test("numbers of a gain map, one or three each, are read as they were written", async () => {
  const three: GainMapNumbers = {
    ...{ min: [-0.5, 0, 0.25], max: [1, 2, 3], gamma: [0.5, 1, 2], offsetSdr: [0.015625] },
    ...{ offsetHdr: [0.015625, 0.015625, 0.03], capacityMin: 0.5, capacityMax: 3.25 },
  };
  for (const numbers of [NUMBERS, three]) {
    const read = jpegGainMap(await ultraHdr({ numbers }));
    const filled = Object.entries(numbers).map(([name, value]) => {
      const isOne = numbers === NUMBERS || !Array.isArray(value) || value.length === 3;
      return [name, isOne ? value : [value[0], value[0], value[0]]];
    });
    assert.deepEqual(read?.numbers, Object.fromEntries(filled));
  }
});

test("a map without its ISO segment is read from XMP alone, by libultrahdr too, and one of another direction is none", async () => {
  const file = await ultraHdr();
  // Web decoders take "latin1" for windows-1252.
  const replaced = (bytes: Uint8Array, from: string, to: string) =>
    new Uint8Array(
      Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll(from, to), "latin1"),
    );
  const bare = replaced(file, "iso:ts:21496", "iso:ts:00000");
  assert.deepEqual(jpegGainMap(bare)?.numbers, NUMBERS);
  const [light = 0] = await lightOf(bare, [0.75]);
  assert.ok(Math.abs(light / SDR / 4 - 1) < 0.08, `${light / SDR}`);
  const reversed = replaced(bare, 'IsHDR="False"', 'IsHDR="True" ');
  assert.equal(jpegGainMap(reversed), undefined);
});

test("a rendition that cannot keep its gain map says so, and one without any says nothing", async () => {
  const file = await ultraHdr();
  const invert = definePipeline({
    steps: [{
      name: "invert",
      apply: ({ data, ...size }) => ({ ...size, data: data.map((v) => 255 - v) }),
    }],
  });
  const look = definePipeline({ steps: [{ name: "look", apply: (pixels) => pixels }] });
  const damaged = file.slice();
  damaged.fill(0, damaged.length - (jpegGainMap(file)?.bytes.length ?? 0) + 1_300, damaged.length);
  const plain = await makeSample(quarters(160, 96), { mediaType: "image/jpeg" });
  const facts = async (...of: Parameters<typeof rendered>) => {
    const { hasGainMap, dropped } = await rendered(...of);
    return [hasGainMap, dropped];
  };
  assert.deepEqual(await facts(file, {}, { pipeline: look }), [true, undefined]);
  assert.deepEqual(await facts(file, {}, { pipeline: invert }), [undefined, ["gain_map"]]);
  assert.deepEqual(await facts(file, { hdr: "drop" }), [undefined, undefined]);
  assert.deepEqual(await facts(plain), [undefined, undefined]);
  const imagescript = await codecNamed("imagescript");
  assert.deepEqual(await facts(file, {}, { with: imagescript }), [undefined, ["gain_map"]]);
});

test("jpegGainMap() takes damaged files or finds nothing in them, and never throws", async () => {
  const whole = await ultraHdr();
  const random = seededRandom(5);
  let found = 0;
  for (let run = 0; run < 2_000; run += 1) {
    const bytes = whole.slice(
      0,
      run % 4 === 0 ? Math.floor(random() * whole.length) : whole.length,
    );
    for (let flips = 3; flips > 0; flips -= 1) {
      bytes[Math.floor(random() * Math.min(2_000, bytes.length))] = Math.floor(random() * 256);
    }
    if (jpegGainMap(bytes) !== undefined) found += 1;
  }
  assert.ok(found > 100 && found < 1_900, `${found}`);
});

test(
  "a real photograph keeps its light in at most 15 % more bytes, and nothing that it says of itself",
  {
    skip: WITHOUT_SHARED_IMAGES,
  },
  async () => {
    const bytes = sharedImage("formats/gain_map_hdr.jpg");
    const large = { width: 1600, height: 1600 };
    const { bytes: kept } = await rendered(bytes, large);
    const { bytes: without } = await rendered(bytes, { ...large, hdr: "drop" });
    assert.ok(kept.length <= 1.15 * without.length, `${kept.length / without.length}`);
    const mean = async (file: Uint8Array) => {
      const places = Array.from({ length: 100 }, (_, at) => (at + 0.5) / 100);
      const light = await lightOf(file, places);
      return light.reduce((sum, value) => sum + value, 0) / light.length;
    };
    const ratio = await mean(kept) / await mean(bytes);
    assert.ok(Math.abs(ratio - 1) < 0.1, `${ratio} of the light`);
    const { exif, icc, iptc } = await sharp(kept).metadata();
    assert.deepEqual([exif, icc, iptc], [undefined, undefined, undefined]);
  },
);

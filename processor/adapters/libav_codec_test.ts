import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { readCamera } from "@tintype/core/processing/insights/camera";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { seededRandom } from "@tintype/core/seeded_random";
import { decodeInside } from "@tintype/core/testing/codec_contract";
import { colorAt, draw, scene, turned } from "@tintype/core/testing/drawing";
import { meanDeltaE } from "@tintype/core/testing/likeness";
import { makeSample } from "../testing/samples.ts";
import { codecNamed } from "./codec_table.ts";
import { loadPlanarDecoder } from "./planar_decoder.ts";

const skip = loadPlanarDecoder() === undefined
  ? "there is no native decoder for this machine"
  : false;
const codec = await codecNamed("sharp");
const BOX = { width: 96, height: 96 };

const read = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../testing/jxl/${name}.jxl`, import.meta.url)));

/** The picture that make.py draws. */
const DRAWN = draw(96, 72, (x, y) => {
  const parts = [x / 96, y / 72, (96 - x) * (72 - y) / (96 * 72)];
  return parts.map((part) => 85 + Math.floor(255 * part) / 4);
});

/** `lossy.jxl`, a bare codestream whose header ends behind its fourth byte, with another header in its place. */
function withHeader(metadata: string): Uint8Array<ArrayBuffer> {
  // 72 rows in steps of eight, four to three; bits from the lowest on.
  const bits = `100010110${metadata}`.padEnd(64, "0");
  const length = Math.ceil((9 + metadata.length) / 8);
  const header = Array.from(
    { length },
    (_, at) => parseInt([...bits.slice(8 * at, 8 * at + 8)].reverse().join(""), 2),
  );
  return new Uint8Array([0xff, 0x0a, ...header, ...read("lossy").subarray(4)]);
}

/** Extra fields with an orientation, 8 bits, XYB, colours by the enumeration where given, no tone mapping, no extensions. */
const metadataOf = (orientation: number, colors = "1") => {
  return `01${lowFirst(orientation - 1, 3)}0000001001${colors}1001`;
};

/** A number of so many bits from the lowest on. */
const lowFirst = (value: number, bits: number) =>
  Array.from({ length: bits }, (_, at) => Math.floor(value / 2 ** at) & 1).join("");

/** A JPEG XL enumeration: 0 and 1 by themselves, up to 17 in four bits. */
const enumerated = (value: number) =>
  value < 2 ? lowFirst(value, 2) : `01${lowFirst(value - 2, 4)}`;

/** Colours without a profile: RGB, D65, primaries, a curve or an exponent, relative intent. */
function colorsOf(primaries: number, curve: number): string {
  const isGamma = curve > 0 && curve < 1;
  const coded = isGamma ? `1${lowFirst(curve * 1e7, 24)}` : `0${enumerated(curve)}`;
  return `00${enumerated(0)}${enumerated(1)}${enumerated(primaries)}${coded}${enumerated(1)}`;
}

for (const name of ["lossy", "lossless", "boxed", "alpha", "grey"]) {
  test(`${name}.jxl is decoded as it was drawn`, { skip }, async () => {
    const pixels = await decodeInside(codec, read(name), BOX);
    assert.deepEqual([pixels.width, pixels.height], [96, 72]);
    assert.equal(pixels.channels, name === "alpha" ? 4 : 3);
    const grey = ([r = 0, g = 0, b = 0]: ArrayLike<number> & Iterable<number>) => {
      const luma = 0.299 * r + 0.587 * g + 0.114 * b;
      return [luma, luma, luma];
    };
    const expected: RawPixels = name === "grey"
      ? draw(96, 72, (x, y) => grey(DRAWN.data.subarray((y * 96 + x) * 3)))
      : DRAWN;
    if (name === "alpha") {
      assert.ok(Math.abs((colorAt(pixels, 0.9, 0.5)[3] ?? 0) - (85 + 57)) < 6);
      return;
    }
    assert.ok(meanDeltaE(pixels, expected) < 1.5, `${meanDeltaE(pixels, expected)}`);
  });
}

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`JPEG XL of orientation ${orientation} has its upright size, and the decoder turns it`, {
    skip,
  }, async () => {
    const bytes = withHeader(metadataOf(orientation));
    const { header } = await probeBytes(bytes);
    const isTurned = orientation >= 5;
    assert.deepEqual([header.width, header.height], isTurned ? [72, 96] : [96, 72]);
    const pixels = await decodeInside(codec, bytes, BOX);
    // What is stored is seen turned: stored so that it is seen as drawn, by the opposite orientation.
    const seen = turned(DRAWN, { 6: 8, 8: 6 }[orientation] ?? orientation);
    assert.ok(meanDeltaE(pixels, seen) < 1.5, `${meanDeltaE(pixels, seen)}`);
  });
}

test("JPEG XL says its colours, and its EXIF is the camera's", async () => {
  const { exif } = await probeBytes(read("boxed"));
  assert.ok(exif !== undefined);
  const camera = await readCamera(read("boxed").subarray(exif.offset, exif.offset + exif.length));
  assert.deepEqual([camera?.make, camera?.model], ["apple", "iPhone 15"]);
  for (
    const [points, expected] of [
      [[1, 13], undefined],
      [[11, 13], { primaries: "display_p3", transfer: "srgb" }],
      [[9, 16], { primaries: "bt2020", transfer: "pq" }],
      [[1, 8], { primaries: "bt709", transfer: "linear" }],
      [[1, 0.5], { primaries: "bt709", transfer: "gamma", gamma: 2 }],
    ] as const
  ) {
    const [primaries, curve] = points;
    const { header } = await probeBytes(withHeader(metadataOf(1, colorsOf(primaries, curve))));
    assert.deepEqual(header.color, expected && { by: "code_points", ...expected }, `${points}`);
  }
  const unknown = withHeader(metadataOf(1, colorsOf(2, 13)));
  await assert.rejects(probeBytes(unknown), { reason: "unsupported_type" });
});

test("damaged JPEG XL and BMP are decoded or rejected", { skip }, async () => {
  const random = seededRandom(11);
  const bmp = await makeSample(scene(40, 30), { mediaType: "image/bmp" });
  let rejected = 0;
  for (let run = 0; run < 300; run += 1) {
    const whole = run % 3 === 0 ? bmp : run % 3 === 1 ? read("boxed") : read("lossless");
    const bytes = whole.slice(
      0,
      run % 5 === 0 ? Math.floor(random() * whole.length) : whole.length,
    );
    for (let flips = 2; flips > 0; flips -= 1) {
      bytes[2 + Math.floor(random() * (bytes.length - 2))] = Math.floor(random() * 256);
    }
    try {
      const { header } = await probeBytes(bytes);
      if (header.width * header.height < 1_000_000) await decodeInside(codec, bytes, BOX);
    } catch (error) {
      assert.ok(error instanceof ImageRejected, String(error));
      rejected += 1;
    }
  }
  assert.ok(rejected > 50, `${rejected}`);
});

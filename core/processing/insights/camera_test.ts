import assert from "node:assert/strict";
import { test } from "node:test";
import { cameraSchema } from "../../model/insights.ts";
import { be, bytesOf } from "../../testing/headers.ts";
import { readCamera } from "./camera.ts";

/** An entry of a TIFF directory: its tag, and a text, fractions (numerator, denominator, …) or a directory of its own. */
type Entry = readonly [tag: number, value: string | readonly number[] | readonly Entry[]];

const isEntries = (value: Entry[1]): value is readonly Entry[] => typeof value[0] === "object";

/** A big-endian directory at byte `at`, and behind it all that its entries point to. */
function directory(entries: readonly Entry[], at: number): Uint8Array {
  let end = at + 2 + entries.length * 12 + 4;
  const behind: Uint8Array[] = [];
  const own = entries.flatMap(([tag, value]) => {
    const [type, count, bytes] = valueOf(value, end);
    const entry = [be(tag, 2), be(type, 2), be(count, 4), be(end, 4)];
    behind.push(bytes);
    end += bytes.length;
    return entry.flat();
  });
  return bytesOf(be(entries.length, 2), own, be(0, 4), ...behind);
}

/** A value's type, how many there are of it, and its bytes at `at`. */
function valueOf(value: Entry[1], at: number): readonly [number, number, Uint8Array] {
  if (typeof value === "string") return [2, value.length + 4, bytesOf(`${value}\0\0\0\0`)];
  if (isEntries(value)) return [4, 1, directory(value, at)];
  return [5, value.length / 2, bytesOf(...value.map((part) => be(part, 4)))];
}

const exifBlock = (...entries: readonly Entry[]) =>
  bytesOf("MM", be(42, 2), be(8, 4), directory(entries, 8));

const PHOTO = exifBlock(
  [0x010f, "SAMSUNG"],
  [0x0110, "SAMSUNG SM-G935L"],
  [0x8769, [
    [0x829a, [1, 3]],
    [0x829d, [17, 10]],
    [0x9003, "2017:05:03 23:22:10"],
    [0x920a, [420, 100]],
    [0xa431, "SERIAL-12345"],
    [0xa434, "Rear lens 4.2mm f/1.7"],
  ]],
  [0x8825, [[2, [52, 1, 31, 1, 12, 1]]]],
);

test("readCamera() reads make, model, exposure, hour and that there is a place", async () => {
  const camera = await readCamera(PHOTO);
  assert.deepEqual(camera, {
    ...{ make: "samsung", model: "SM-G935L", lens: "Rear lens 4.2mm f/1.7", exposureMs: 333.333 },
    ...{ fNumber: 1.7, focalLengthMm: 4.2, capturedHour: 23, hasGps: true },
  }, "no serial number, no date, no place");
  cameraSchema.parse(camera);
});

test("readCamera() finds the block behind its prefixes in JPEG and HEIF", async () => {
  for (const prefix of [bytesOf("Exif\0\0"), bytesOf(be(6, 4), "Exif\0\0"), bytesOf(be(0, 4))]) {
    assert.equal((await readCamera(bytesOf(prefix, PHOTO)))?.make, "samsung");
  }
});

const MODELS = [
  ["Canon", "Canon EOS 5D Mark IV", "EOS 5D Mark IV"],
  ["Apple", "iPhone 15 Pro Max", "iPhone 15 Pro Max"],
  ["Google", "Pixel 8a", "Pixel 8a"],
  ["SONY", "ILCE-7M3", "ILCE-7M3"],
  ["NIKON CORPORATION", "NIKON Z 6_2", "Z 6_2"],
  ["Xiaomi", "2201117TG", "2201117TG"],
  ["Canon", "X 20230918123456", "other"],
  ["Canon", "Jane Doe 12 Elm Street", "other"],
  ["Apple", "iPhone 0170 1234 567", "other"],
  ["samsung", "SM-G935L SM-G935L SM-G935L", "other"],
  ["Canon", "<script>", "other"],
  ["Canon", "a".repeat(80), undefined],
  ["Jane Doe's workshop", "One", undefined, "other"],
  ["LGE", "Nexus 5", "Nexus 5", "lg"],
] as const;

test("readCamera() takes models of their maker's vocabulary, and others as other", async () => {
  for (const [make, name, model, word] of MODELS) {
    const camera = await readCamera(exifBlock([0x010f, make], [0x0110, name]));
    assert.equal(camera?.model, model, name);
    assert.equal(camera?.make, word ?? make.toLowerCase().split(" ")[0]);
    cameraSchema.parse(camera);
  }
});

test("readCamera() answers nothing for what is broken, cut or empty", async () => {
  assert.equal(await readCamera(new Uint8Array()), undefined);
  assert.equal(await readCamera(bytesOf("no EXIF at all, just text")), undefined);
  assert.equal(await readCamera(exifBlock()), undefined);
  const late = exifBlock([0x8769, [[0x9003, "2017:05:03 24:00:00"], [0x829d, [17, 10]]]]);
  assert.deepEqual(await readCamera(late), { fNumber: 1.7, hasGps: false });
  const odd = await readCamera(exifBlock([0x010f, "Canon"], [0x0110, [1, 2]]));
  assert.deepEqual(odd, { make: "canon", hasGps: false });
  for (let length = 0; length < PHOTO.length; length += 7) {
    const camera = await readCamera(PHOTO.slice(0, length));
    if (camera !== undefined) cameraSchema.parse(camera);
  }
});

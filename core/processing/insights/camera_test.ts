import assert from "node:assert/strict";
import { test } from "node:test";
import { cameraSchema } from "../../model/insights.ts";
import { be, bytesOf } from "../../testing/headers.ts";
import { readCamera } from "./camera.ts";

type Tag = readonly [
  number,
  { readonly text: string } | { readonly ratio: readonly [number, number] },
];

interface ExifTags {
  readonly main?: readonly Tag[];
  readonly exif?: readonly Tag[];
  readonly hasGps?: boolean;
}

/** An EXIF block (big endian): directory 0 with `main`, a sub-directory `exif`, and a place if `hasGps`. */
function exifBlock({ main = [], exif = [], hasGps = false }: ExifTags): Uint8Array {
  const values: number[] = [];
  const mainCount = main.length + 1 + (hasGps ? 1 : 0);
  const exifAt = 8 + 2 + mainCount * 12 + 4;
  const gpsAt = exifAt + 2 + exif.length * 12 + 4;
  const valuesAt = gpsAt + (hasGps ? 2 + 12 + 4 : 0);
  const place = (bytes: readonly number[]) => {
    const at = valuesAt + values.length;
    values.push(...bytes);
    return at;
  };
  const entry = ([tag, value]: Tag): number[] => {
    if ("ratio" in value) {
      const at = place(value.ratio.flatMap((part) => be(part, 4)));
      return [...be(tag, 2), ...be(5, 2), ...be(1, 4), ...be(at, 4)];
    }
    const text = Array.from(`${value.text}\0\0\0\0`, (char) => char.charCodeAt(0));
    return [...be(tag, 2), ...be(2, 2), ...be(text.length, 4), ...be(place(text), 4)];
  };
  const pointer = (
    tag: number,
    at: number,
  ) => [...be(tag, 2), ...be(4, 2), ...be(1, 4), ...be(at, 4)];
  const directory = (
    entries: number[][],
  ) => [...be(entries.length, 2), ...entries.flat(), ...be(0, 4)];
  const first = directory([
    ...main.map(entry),
    pointer(0x8769, exifAt),
    ...(hasGps ? [pointer(0x8825, gpsAt)] : []),
  ]);
  const second = directory(exif.map(entry));
  const latitude = [52, 31, 12].flatMap((part) => [...be(part, 4), ...be(1, 4)]);
  const third = hasGps
    ? directory([[...be(2, 2), ...be(5, 2), ...be(3, 4), ...be(place(latitude), 4)]])
    : [];
  return bytesOf("MM", be(42, 2), be(8, 4), first, second, third, values);
}

const PHOTO = exifBlock({
  main: [[0x010f, { text: "SAMSUNG" }], [0x0110, { text: "SAMSUNG SM-G935L" }]],
  exif: [
    [0x829a, { ratio: [1, 50] }],
    [0x829d, { ratio: [17, 10] }],
    [0x9003, { text: "2017:05:03 19:22:10" }],
    [0x920a, { ratio: [420, 100] }],
    [0xa434, { text: "Rear lens 4.2mm f/1.7" }],
    [0xa431, { text: "SERIAL-12345" }],
  ],
  hasGps: true,
});

test("readCamera() reads make, model, exposure, hour and that there is a place", async () => {
  const camera = await readCamera(PHOTO);
  assert.deepEqual(camera, {
    make: "samsung",
    model: "SM-G935L",
    lens: "Rear lens 4.2mm f/1.7",
    exposureMs: 20,
    fNumber: 1.7,
    focalLengthMm: 4.2,
    capturedHour: 19,
    hasGps: true,
  });
  cameraSchema.parse(camera);
});

test("readCamera() never tells serial numbers, dates or places", async () => {
  const told = JSON.stringify(await readCamera(PHOTO));
  for (const secret of ["12345", "2017", "05:03", "52", "31"]) {
    assert.ok(!told.includes(secret), told);
  }
});

test("readCamera() finds the block behind its prefixes in JPEG and HEIF", async () => {
  for (const prefix of [bytesOf("Exif\0\0"), bytesOf(be(6, 4), "Exif\0\0"), bytesOf(be(0, 4))]) {
    assert.equal((await readCamera(bytesOf(prefix, PHOTO)))?.make, "samsung");
  }
});

test("readCamera() knows other makers as other, without their model", async () => {
  const block = exifBlock({
    main: [[0x010f, { text: "Jane Doe's workshop" }], [0x0110, { text: "One" }]],
  });
  assert.deepEqual(await readCamera(block), { make: "other", hasGps: false });
});

test("readCamera() leaves out models that are no models", async () => {
  for (const model of ["X 20230918123456", "<script>", "a".repeat(60)]) {
    const block = exifBlock({ main: [[0x010f, { text: "Canon" }], [0x0110, { text: model }]] });
    assert.deepEqual(await readCamera(block), { make: "canon", hasGps: false });
  }
});

test("readCamera() answers nothing for what is broken, cut or empty", async () => {
  assert.equal(await readCamera(new Uint8Array()), undefined);
  assert.equal(await readCamera(bytesOf("no EXIF at all, just text")), undefined);
  assert.equal(await readCamera(exifBlock({})), undefined);
  for (let length = 0; length < PHOTO.length; length += 7) {
    const camera = await readCamera(PHOTO.slice(0, length));
    if (camera !== undefined) cameraSchema.parse(camera);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnFile } from "./dropped_files.ts";
import { mediaTypeOf, pickerAccept, shortTypeOf } from "./media_type_of.ts";

const TYPES = [
  { type: "image/tiff", label: "TIFF", extensions: ["tiff", "tif"] },
  { type: "image/heic", label: "HEIC", extensions: ["heic"] },
];

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);

for (
  const [bytes, name, type, found] of [
    [JPEG, "a.png", "image/png", "image/jpeg"],
    [JPEG, "download", "application/octet-stream", "image/jpeg"],
    [JPEG, "", "", "image/jpeg"],
    ["x", "a.png", "image/jpeg", "image/jpeg"],
    ["x", "IMG_1.HEIC", "", "image/heic"],
    ["", "scan.tif", "", "image/tiff"],
    ["", "constructor", "", ""],
  ] as const
) {
  test(`mediaTypeOf() of ${JSON.stringify([bytes, name, type])} is "${found}"`, async () => {
    assert.equal(await mediaTypeOf(new File([bytes], name, { type }), TYPES), found);
  });
}

test("pickerAccept() offers every image and each ending", () => {
  assert.equal(pickerAccept(TYPES), "image/*,.tiff,.tif,.heic");
});

test("shortTypeOf() names images by their format", () => {
  assert.deepEqual(["image/heic", "text/plain", ""].map(shortTypeOf), ["HEIC", "File", "File"]);
});

test("isOwnFile() leaves out what systems put into folders", () => {
  const names = ["beach.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", "thumbs.jpg"];
  assert.deepEqual(names.filter((name) => isOwnFile({ name })), ["beach.jpg", "thumbs.jpg"]);
});

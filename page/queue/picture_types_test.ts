import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnFile } from "./dropped_files.ts";
import { pickerAccept, shortTypeOf } from "./picture_types.ts";

const TYPES = [
  { type: "image/tiff", label: "TIFF", extensions: ["tiff", "tif"] },
  { type: "image/heic", label: "HEIC", extensions: ["heic"] },
];

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

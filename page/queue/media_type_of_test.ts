import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnFile } from "./dropped_files.ts";
import { mediaTypeOf, shortTypeOf } from "./media_type_of.ts";

test("mediaTypeOf() believes the browser, then the name's end", () => {
  assert.equal(mediaTypeOf({ name: "a.png", type: "image/jpeg" }), "image/jpeg");
  assert.equal(mediaTypeOf({ name: "IMG_1.HEIC", type: "" }), "image/heic");
  assert.equal(mediaTypeOf({ name: "scan.tif", type: "" }), "image/tiff");
  assert.equal(mediaTypeOf({ name: "constructor", type: "" }), "");
});

test("shortTypeOf() names images by their format", () => {
  assert.deepEqual(["image/heic", "text/plain", ""].map(shortTypeOf), ["HEIC", "File", "File"]);
});

test("isOwnFile() leaves out what systems put into folders", () => {
  const names = ["beach.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", "thumbs.jpg"];
  assert.deepEqual(names.filter((name) => isOwnFile({ name })), ["beach.jpg", "thumbs.jpg"]);
});

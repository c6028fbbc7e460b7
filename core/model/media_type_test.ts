import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agrees,
  ALL_MEDIA_TYPES,
  MEDIA_TYPES,
  type MediaType,
  mediaTypeOfName,
  parseMediaType,
  sniffMediaType,
} from "./media_type.ts";

const text = (value: string) => new TextEncoder().encode(value);
const bytes = (...values: readonly (number | string)[]) =>
  Uint8Array.from(
    values.flatMap((value) => typeof value === "number" ? [value] : [...text(value)]),
  );
const ftyp = (...brands: readonly [string, ...string[]]) => {
  const [major, ...compatible] = brands;
  const size = 16 + 4 * compatible.length;
  return bytes(0, 0, 0, size, "ftyp", major, 0, 0, 0, 0, ...compatible);
};

/** Of every type: a type that the table gains and nothing sniffs does not compile here. */
const HEADS: Readonly<Record<MediaType, Readonly<Record<string, Uint8Array>>>> = {
  "image/jpeg": {
    "a JFIF head": bytes(0xff, 0xd8, 0xff, 0xe0, 0, 16, "JFIF"),
    "an EXIF head": bytes(0xff, 0xd8, 0xff, 0xe1),
    "a head that is a GIF's further on": bytes(0xff, 0xd8, 0xff, 0xfe, "<?php", "GIF89a"),
  },
  "image/png": { "a PNG head": bytes(0x89, "PNG", 0x0d, 0x0a, 0x1a, 0x0a) },
  "image/webp": { "a WebP head": bytes("RIFF", 1, 2, 3, 4, "WEBPVP8 ") },
  "image/gif": { "a GIF of 1987": bytes("GIF87a"), "a GIF of 1989": bytes("GIF89a") },
  "image/tiff": {
    "a little-endian TIFF": bytes("II", 0x2a, 0),
    "a big-endian TIFF": bytes("MM", 0, 0x2a),
    "a little-endian BigTIFF": bytes("II", 0x2b, 0),
    "a big-endian BigTIFF": bytes("MM", 0, 0x2b),
  },
  "image/avif": {
    "an AVIF brand": ftyp("avif", "mif1", "miaf"),
    "an AVIF brand behind a HEIF one": ftyp("mif1", "mif1", "avif"),
    "an AVIF sequence": ftyp("avis"),
  },
  "image/heic": {
    "a HEIC brand": ftyp("heic", "mif1", "heic"),
    "a HEIC brand behind a HEIF one": ftyp("mif1", "heic"),
  },
  "image/heif": {
    "a HEIF brand alone": ftyp("mif1", "miaf"),
    // The box is as long as its second, third and fourth byte say.
    "a box of 272 bytes": bytes(0, 0, 1, 16, "ftyp", "isom", 0, 0, 0, 0, "mif1"),
    "a box of 64 KiB": bytes(0, 1, 0, 0, "ftyp", "isom", 0, 0, 0, 0, "mif1"),
    "a box of 2 GiB": bytes(0x80, 0, 0, 0, "ftyp", "isom", 0, 0, 0, 0, "mif1"),
  },
  "image/jxl": {
    "a bare codestream": bytes(0xff, 0x0a, 0xd1, 6),
    "a codestream in boxes": bytes(0, 0, 0, 12, "JXL ", 0x0d, 0x0a, 0x87, 0x0a),
  },
  "image/bmp": { "a BMP": bytes("BM", 1, 2, 3, 0, 0, 0, 0, 0, 54) },
};

for (const type of ALL_MEDIA_TYPES) {
  for (const [what, head] of Object.entries(HEADS[type])) {
    test(`sniffMediaType() finds ${type} in ${what}`, () => {
      assert.equal(sniffMediaType(head), type);
    });
  }
}

for (
  const [what, head] of [
    ["nothing", bytes()],
    ["half a JPEG's magic", bytes(0xff, 0xd8)],
    ["seven bytes of PNG", bytes(0x89, "PNG", 0x0d, 0x0a, 0x1a)],
    ["PNG after a text transfer", bytes(0x89, "PNG", 0x0a, 0x1a, 0x0a)],
    ["a RIFF without WEBP", bytes("RIFF", 1, 2, 3, 4, "WAVE")],
    ["a RIFF cut before WEBP", bytes("RIFF", 1, 2, 3, 4, "WEB")],
    ["a GIF of another year", bytes("GIF88a")],
    ["a film", ftyp("isom", "mp42")],
    ["an ftyp cut in its brand", bytes(0, 0, 0, 16, "ftyp", "hei")],
    ["brands behind the box's end", bytes(0, 0, 0, 16, "ftyp", "isom", 0, 0, 0, 0, "heic")],
    ["brands behind 256 bytes", bytes(0, 0, 1, 0, "ftypisom", ...Array(244).fill(0), "heic")],
    ["brands that only together read like one", ftyp("isom", "x:he", "ic:x")],
    ["a version that reads like a brand", bytes(0, 0, 0, 16, "ftyp", "isom", "heic")],
    ["HTML", text("<!doctype html><img src=x>")],
    ["SVG", text('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["a picture behind a space", bytes(" ", 0xff, 0xd8, 0xff, 0xe0)],
    ["a text that begins like BMP", bytes("BM is a car maker")],
    ["PDF", text("%PDF-1.7")],
  ] as const
) {
  test(`sniffMediaType() takes ${what} for no image`, () => {
    assert.equal(sniffMediaType(head), null);
  });
}

test("parseMediaType() ignores case and parameters and knows older names of JPEG", () => {
  assert.equal(parseMediaType("Image/PNG; charset=binary"), "image/png");
  for (const old of [" image/jpg ", "image/pjpeg"]) assert.equal(parseMediaType(old), "image/jpeg");
  for (const type of ALL_MEDIA_TYPES) assert.equal(parseMediaType(type), type);
});

for (const value of ["", "image", "image/svg+xml", "image/jp2", "text/html", "constructor"]) {
  test(`parseMediaType() refuses ${JSON.stringify(value)}`, () => {
    assert.throws(() => parseMediaType(value), { code: "unsupported_type" });
  });
}

test("mediaTypeOfName() goes by the last extension, in any case, and takes no name for one", () => {
  for (const type of ALL_MEDIA_TYPES) {
    for (const extension of MEDIA_TYPES[type].extensions) {
      assert.equal(mediaTypeOfName(`/some.png/IMG 1.old.${extension.toUpperCase()}`), type);
    }
  }
  for (const name of ["png", ".png", "a/.png", "a.png/b", "a.", "a.constructor", ""]) {
    assert.equal(mediaTypeOfName(name), undefined, name);
  }
});

test("agrees() takes HEIC and HEIF for one family and nothing else", () => {
  for (const declared of ALL_MEDIA_TYPES) {
    for (const actual of ALL_MEDIA_TYPES) {
      const isFamily = declared.startsWith("image/hei") && actual.startsWith("image/hei");
      assert.equal(agrees(declared, actual), declared === actual || isFamily);
    }
  }
});

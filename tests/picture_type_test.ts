/** The client finds a picture's type as the edge and the processor do: it has no access to their table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HEAD_BYTES, pictureTypeOf } from "@tintype/client/picture_type";
import { ALL_MEDIA_TYPES, SNIFF_BYTES, sniffMediaType } from "@tintype/core/model/media_type";

/** What files begin with, one letter a byte; `ftyp` boxes of every length that matters. */
const HEADS = [
  ...["\xff\xd8\xff\xe0\0\x10JFIF", "\xff\xd8\0", "\x89PNG\r\n\x1a\n\0", "RIFF\0\0\0\0WEBPVP8 "],
  ...["GIF87a", "GIF89a", "GIF88a", "II*\0", "MM\0*", "II+\0", "MM\0+", "BM\0\0", " \xff\xd8\xff"],
  ...["BM1234\0\0\0\0", "\xff\x0a\xd1", "\0\0\0\x0cJXL \r\n\x87\n", "\0\0\0\x0cJXL \r\n\r\n"],
  ...["RIFF\0\0\0\0WAVE", "<svg/>", "%PDF-1.7", "\0".repeat(64)],
  ...["avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "mp42"]
    .flatMap((brand) => [
      ...["\0\0\0\x10", "\0\0\0\x14", "\0\0\0\x1c", "\0\0\x01\0", "\x80\0\0\0", "\0\0\0\0"].flatMap(
        (size) => [
          `${size}ftyp${brand}\0\0\0\0mif1`,
          `${size}ftypisom\0\0\0\0mp41${brand}mif1avif`,
          `${size}ftypisom${brand}mp41x${brand}`,
        ],
      ),
    ]),
];

test("pictureTypeOf() agrees with the edge's table over every head, cut anywhere", () => {
  const found = new Set<string>();
  for (const head of HEADS) {
    const bytes = Uint8Array.from(head, (letter) => letter.charCodeAt(0));
    for (let length = 0; length <= bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const type = pictureTypeOf(cut);
      assert.equal(type ?? null, sniffMediaType(cut), JSON.stringify(head.slice(0, length)));
      if (type !== undefined) found.add(type);
    }
  }
  assert.deepEqual([...found].sort(), [...ALL_MEDIA_TYPES].sort());
  assert.equal(HEAD_BYTES, SNIFF_BYTES);
});

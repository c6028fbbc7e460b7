import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RENDITIONS, renditionTableSchema } from "./rendition.ts";

const line = { name: "large", width: 1600, height: 1600 };

test("the default renditions are large, medium and thumb inside their boxes", () => {
  const boxes = DEFAULT_RENDITIONS.map(({ name, width, height, fit, format }) =>
    `${name} ${width} x ${height} ${fit} ${format}`
  );
  assert.deepEqual(boxes, [
    "large 1600 x 1600 inside auto",
    "medium 800 x 800 inside auto",
    "thumb 200 x 200 inside auto",
  ]);
  assert.ok(DEFAULT_RENDITIONS.every(({ quality, enlarge }) => quality === 80 && !enlarge));
});

for (
  const [what, table] of [
    ["no line", []],
    ["a name twice", [line, line]],
    ["seventeen lines", Array.from({ length: 17 }, (_, at) => ({ ...line, name: `r${at}` }))],
    ["a side of nothing", [{ ...line, width: 0 }]],
    ["a side beyond 8192", [{ ...line, height: 8193 }]],
    ["quality 101", [{ ...line, quality: 101 }]],
    ["a format that is not written", [{ ...line, format: "gif" }]],
    ["a name that leaves its folder", [{ ...line, name: "../large" }]],
    ["a colour that is a word", [{ ...line, background: "white" }]],
    ["an animation in a format that has none", [{ ...line, animated: true, format: "avif" }]],
    ["a gain map in a format that has none", [{ ...line, hdr: "keep", format: "webp" }]],
    ["an unknown field", [{ ...line, crop: true }]],
  ] as const
) {
  test(`a rendition table with ${what} is refused`, () => {
    assert.equal(renditionTableSchema.safeParse(table).success, false);
  });
}

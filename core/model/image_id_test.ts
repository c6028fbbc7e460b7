import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import {
  firstImageIdOf,
  imageIdOfRecord,
  isImageId,
  makeImageId,
  parseImageId,
  t0OfImageId,
} from "./image_id.ts";

/** The example of RFC 9562, appendix A.6: 22 February 2022, 14:22:22 GMT-05:00. */
const RFC_EXAMPLE = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
const RFC_EXAMPLE_MS = Date.UTC(2022, 1, 22, 19, 22, 22);
const RECORD = { cluster: "main", topic: "images", partition: 3, offset: "9007199254740993" };

test("parseImageId() takes upper case and gives lower case, and t0OfImageId() reads its time", () => {
  assert.equal(t0OfImageId(parseImageId(RFC_EXAMPLE)), RFC_EXAMPLE_MS);
  assert.equal(parseImageId(RFC_EXAMPLE.toUpperCase()), RFC_EXAMPLE);
  assert.equal(isImageId(RFC_EXAMPLE), true);
  assert.equal(isImageId(RFC_EXAMPLE.toUpperCase()), false);
});

for (
  const [what, value] of [
    ["a UUID of version 4", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f"],
    ["another variant", "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f"],
    ["an empty text", ""],
    ["a missing digit", RFC_EXAMPLE.slice(1)],
    ["a digit too many", `${RFC_EXAMPLE}0`],
    ["missing hyphens", RFC_EXAMPLE.replaceAll("-", "")],
    ["braces", `{${RFC_EXAMPLE}}`],
    ["a line break behind it", `${RFC_EXAMPLE}\n`],
    ["letters that are no hex digits", RFC_EXAMPLE.replace("f", "g")],
    ["a letter whose lower case is longer", RFC_EXAMPLE.replace("f", "\u0130")],
  ] as const
) {
  test(`parseImageId() refuses ${what}`, () => {
    assert.throws(() => parseImageId(value), (error: unknown) => {
      return isAppError(error, "invalid_request") && error.errors[0]?.path === "imageId";
    });
  });
}

test("makeImageId() keeps the time, the version and the variant whatever the random bytes are", () => {
  for (const fill of [0x00, 0xff, 0x5a]) {
    const id = makeImageId(RFC_EXAMPLE_MS, new Uint8Array(10).fill(fill));
    assert.equal(t0OfImageId(id), RFC_EXAMPLE_MS);
    assert.equal(isImageId(id), true);
  }
  const last = makeImageId(0, new Uint8Array(10).fill(0xff));
  assert.equal(last, "00000000-0000-7fff-bfff-ffffffffffff");
});

test("makeImageId() takes 48 bits of milliseconds and no more", () => {
  const random = new Uint8Array(10);
  assert.equal(t0OfImageId(makeImageId(2 ** 48 - 1, random)), 2 ** 48 - 1);
  for (const timeMs of [-1, 2 ** 48, 1.5, NaN]) {
    assert.throws(() => makeImageId(timeMs, random), RangeError);
  }
  assert.throws(() => makeImageId(1, new Uint8Array(9)), RangeError);
});

test("firstImageIdOf() is the lower bound of its millisecond and above the one before", () => {
  const first = firstImageIdOf(RFC_EXAMPLE_MS);
  assert.ok(first <= parseImageId(RFC_EXAMPLE));
  assert.ok(first > makeImageId(RFC_EXAMPLE_MS - 1, new Uint8Array(10).fill(0xff)));
  assert.equal(t0OfImageId(firstImageIdOf(-5)), 0);
  const ids = [0, 1, 255, 65_536, RFC_EXAMPLE_MS, RFC_EXAMPLE_MS + 1].map(firstImageIdOf);
  assert.deepEqual(ids.toSorted(), ids, "ids sort as their times do");
});

test("imageIdOfRecord() gives a record the same id each time, with the record's time as T0", async () => {
  const id = await imageIdOfRecord(RECORD, RFC_EXAMPLE_MS);
  assert.equal(id, await imageIdOfRecord({ ...RECORD }, RFC_EXAMPLE_MS));
  assert.equal(t0OfImageId(id), RFC_EXAMPLE_MS);
  // SHA-256 of `main/images/3/9007199254740993`, computed by another program.
  assert.equal(id, "017f22e2-79b0-7240-94b2-46355ad8b05b");
  const moved = { offset: "9007199254740992", partition: 4, topic: "images.x", cluster: "other" };
  const others = Object.entries(moved).map(([field, value]) => ({ ...RECORD, [field]: value }));
  const ids = await Promise.all([RECORD, ...others].map((at) => imageIdOfRecord(at, 1)));
  assert.equal(new Set(ids).size, 5);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_MEDIA_TYPES, type MediaType } from "../model/media_type.ts";
import { ImageRejected, type RejectReason } from "../model/reject_reason.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import { sampleHeader } from "../testing/sample_header.ts";
import { guard, guardBytes, type PicturePlan } from "./guard.ts";
import { decodeBytes, renderLimitMs } from "./pixel_limits.ts";
import type { Probed } from "./probe/probe.ts";

function picture(header: Partial<Probed["header"]> = {}): Probed {
  const made = sampleHeader(header);
  const codedPixels = made.width * made.height;
  const origins = { provenance: "none", hasGps: false } as const;
  const common = { mediaType: "image/heic", exif: undefined, iccBytes: 0, origins } as const;
  return { ...common, codedPixels, header: made };
}

test("guard() lets a picture through that is within every limit", () => {
  guard(picture(), DEFAULT_PLAN);
  guard(picture(), { ...DEFAULT_PLAN, allowedTypes: ["image/heif"] });
  const largest = { exif: { offset: 100, length: 1_048_576 }, iccBytes: 4_194_304 };
  guard({ ...picture({ frames: 166 }), ...largest }, DEFAULT_PLAN);
  guard({ ...picture({ frames: 1_000 }), ...largest, codedPixels: 2_000_000 }, DEFAULT_PLAN);
  const exif = { offset: 100, length: 2_000_000 };
  guard({ ...picture(), mediaType: "image/tiff", exif }, DEFAULT_PLAN);
});

test("guardBytes() takes the declared size, or any within the plan where none was declared", () => {
  const plan = { maxBytes: 1_000 };
  const refused = (declaredSize: number | undefined, actualSize: number) => {
    try {
      guardBytes({ plan, declaredSize, actualSize });
    } catch (error) {
      return error instanceof ImageRejected ? error.reason : assert.fail();
    }
  };
  const sizes = [[1_000, 1_000], [undefined, 1_000], [1_000, 999], [1, 1_001], [undefined, 1_001]];
  assert.deepEqual(sizes.map(([declared, actual = 0]) => refused(declared, actual)), [
    ...[undefined, undefined, "declared_mismatch", "declared_mismatch", "too_large"],
  ]);
});

const HUGE = { width: 9_900, height: 9_900, bitDepth: 10, hasAlpha: true };
const REFUSED: readonly (readonly [
  what: string,
  reason: RejectReason,
  header: Partial<Probed["header"]>,
  rest?: Partial<Probed & PicturePlan>,
])[] = [
  ["a type outside the plan", "unsupported_type", {}, { allowedTypes: ["image/png"] }],
  ["too many pixels", "too_many_pixels", { width: 10_001, height: 10_000 }],
  ["too long a side", "too_many_pixels", { width: 65_536, height: 1_000 }],
  ["too long a JPEG", "too_many_pixels", { width: 65_501, height: 9 }, { mediaType: "image/jpeg" }],
  ["what no process can hold", "too_many_pixels", HUGE],
  ["a small crop of it", "too_many_pixels", { ...HUGE, width: 9 }, { codedPixels: 98_000_000 }],
  ["too many frames", "too_many_frames", { frames: 1_001 }],
  ["too many pixels in all frames", "too_many_frames", { frames: 200 }],
  ["a block of EXIF of no camera", "too_large", {}, { exif: { offset: 100, length: 1_048_577 } }],
  ["a profile of no printer", "too_large", {}, { iccBytes: 4_194_305 }],
];

test("guard() lets 100 megapixels of every type through in 8 bits without alpha, but of what tenants have to name", () => {
  const large = picture({ width: 10_000, height: 10_000 });
  const plan = { ...DEFAULT_PLAN, allowedTypes: ALL_MEDIA_TYPES };
  for (const mediaType of ALL_MEDIA_TYPES) {
    const isDefault = DEFAULT_PLAN.allowedTypes.includes(mediaType);
    const guarded = (allowed: PicturePlan, found: Probed) => () =>
      guard({ ...found, mediaType }, allowed);
    if (isDefault) guarded(DEFAULT_PLAN, large)();
    else {
      assert.throws(guarded(DEFAULT_PLAN, picture()), { reason: "unsupported_type" });
      guarded(plan, picture({ width: 5_000, height: 5_000 }))();
    }
  }
  const jxl = { ...large, mediaType: "image/jxl" } as const;
  assert.throws(() => guard(jxl, plan), { reason: "too_many_pixels" });
});

/** Bytes a pixel of RGB in 8 and in 10 bits and of RGBA in 10, and what a megapixel takes. */
const COSTS: Readonly<Record<MediaType, readonly number[]>> = {
  "image/jpeg": [6.5, 6.5, 6.5, 80],
  "image/png": [3.5, 6.5, 8.5, 300],
  "image/webp": [4.5, 4.5, 4.5, 300],
  "image/gif": [5.5, 5.5, 5.5, 150],
  "image/tiff": [3.5, 6.5, 8.5, 400],
  "image/avif": [7.5, 10.5, 14.5, 500],
  "image/heic": [4.5, 6, 10, 1_000],
  "image/heif": [4.5, 6, 10, 1_000],
  "image/jxl": [21, 30, 36, 2_000],
  "image/bmp": [11, 11, 11, 150],
};

test("decodeBytes() and renderLimitMs() follow pixels and type, and the time ends at 30 s", () => {
  for (const mediaType of ALL_MEDIA_TYPES) {
    const costOf = (header: Partial<Probed["header"]>) =>
      decodeBytes({ ...picture({ width: 100, height: 10, ...header }), mediaType }) / 1_000;
    const limitMs = (height: number) =>
      renderLimitMs({ mediaType, header: sampleHeader({ width: 1_000, height }) });
    const deep = costOf({ bitDepth: 10 });
    const glass = costOf({ bitDepth: 10, hasAlpha: true, channels: 4 });
    const costs = [costOf({}), deep, glass, limitMs(1_000) - 2_000];
    assert.deepEqual(costs, COSTS[mediaType], mediaType);
    assert.equal(limitMs(1_000_000), 30_000);
  }
});

for (const [what, reason, header, rest = {}] of REFUSED) {
  test(`guard() refuses ${what} as ${reason}`, () => {
    const refused = { name: "ImageRejected", reason };
    const found = { ...picture(header), ...rest };
    assert.throws(() => guard(found, { ...DEFAULT_PLAN, ...rest }), refused);
  });
}

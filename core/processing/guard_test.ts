import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_MEDIA_TYPES, type MediaType } from "../model/media_type.ts";
import type { RejectReason } from "../model/reject_reason.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import { sampleHeader } from "../testing/sample_header.ts";
import { guard, type GuardOptions } from "./guard.ts";
import { renderLimitMs } from "./pixel_limits.ts";
import type { Probed } from "./probe/probe.ts";

function picture(header: Partial<Probed["header"]> = {}): Probed {
  const made = sampleHeader(header);
  const codedPixels = made.width * made.height;
  const origins = { provenance: "none", hasGps: false } as const;
  return {
    mediaType: "image/heic",
    exif: undefined,
    iccBytes: 0,
    codedPixels,
    origins,
    header: made,
  };
}

const PROMISED: GuardOptions = {
  plan: DEFAULT_PLAN,
  declaredSize: 1_000,
  actualSize: 1_000,
};

test("guard() lets a picture through that is as declared and within every limit", () => {
  guard(picture(), PROMISED);
  guard(picture(), { ...PROMISED, plan: { ...DEFAULT_PLAN, allowedTypes: ["image/heif"] } });
  guard(picture(), { ...PROMISED, declaredSize: undefined });
});

const REFUSED:
  readonly (readonly [string, RejectReason, Partial<Probed["header"]>, Partial<GuardOptions>])[] = [
    ["another size", "declared_mismatch", {}, { declaredSize: 999 }],
    ["a type outside the plan", "unsupported_type", {}, {
      plan: { ...DEFAULT_PLAN, allowedTypes: ["image/png"] },
    }],
    ["too many bytes", "too_large", {}, { plan: { ...DEFAULT_PLAN, maxBytes: 999 } }],
    ["too many pixels", "too_many_pixels", { width: 10_001, height: 10_000 }, {}],
    ["too long a side", "too_many_pixels", { width: 65_536, height: 1_000 }, {}],
    ["what no process can hold", "too_many_pixels", {
      width: 9_900,
      height: 9_900,
      bitDepth: 10,
      hasAlpha: true,
    }, {}],
    ["too many frames", "too_many_frames", { frames: 1_001 }, {}],
    ["too many pixels in all frames", "too_many_frames", { frames: 200 }, {}],
  ];

test("guard() lets 100 megapixels of every type through in 8 bits without alpha", () => {
  const header = sampleHeader({ width: 10_000, height: 10_000 });
  for (const mediaType of ALL_MEDIA_TYPES) guard({ ...picture(), mediaType, header }, PROMISED);
});

test("renderLimitMs() follows megapixels and type, and ends at 30 s", () => {
  const limitMs = (mediaType: MediaType, width: number, height: number) =>
    renderLimitMs({ mediaType, header: sampleHeader({ width, height }) });
  assert.equal(Math.round(limitMs("image/jpeg", 4_000, 3_000) / 1_000), 3);
  assert.ok(limitMs("image/heic", 4_000, 3_000) > limitMs("image/jpeg", 4_000, 3_000));
  assert.equal(limitMs("image/avif", 10_000, 10_000), 30_000);
});

test("guard() refuses blocks of EXIF and profiles of a size that no camera writes", () => {
  const exif = { offset: 100, length: 1_048_577 };
  const refused = { reason: "too_large" };
  assert.throws(() => guard({ ...picture(), exif }, PROMISED), refused);
  assert.throws(() => guard({ ...picture(), iccBytes: 4_194_305 }, PROMISED), refused);
  const tiff = { ...picture(), mediaType: "image/tiff", exif } as const;
  guard(tiff, PROMISED);
});

for (const [what, reason, header, options] of REFUSED) {
  test(`guard() refuses ${what} as ${reason}`, () => {
    const refused = { name: "ImageRejected", reason };
    assert.throws(() => guard(picture(header), { ...PROMISED, ...options }), refused);
  });
}

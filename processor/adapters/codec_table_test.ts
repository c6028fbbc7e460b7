import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cameraSchema, pixelInsightsSchema } from "@tintype/core/model/insights";
import {
  ALL_MEDIA_TYPES,
  MEDIA_TYPES,
  type MediaType,
  sniffMediaType,
  typesDecodedBy,
} from "@tintype/core/model/media_type";
import { render } from "@tintype/core/processing/render";
import { DEFAULT_PIPELINE } from "@tintype/core/processing/pipeline";
import { uprightSize } from "@tintype/core/processing/plan_renditions";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { CODEC_CONTRACT, decodeInside } from "@tintype/core/testing/codec_contract";
import { quarters } from "@tintype/core/testing/drawing";
import {
  makeSample,
  renderRequestOf,
  sharedImage,
  sharedImages,
  WITHOUT_SHARED_IMAGES,
} from "../testing/samples.ts";
import { codecNamed, composeCodecs } from "./codec_table.ts";
import { heifCodec } from "./heif_codec.ts";
import { loadPlanarDecoder } from "./planar_decoder.ts";

const skip = WITHOUT_SHARED_IMAGES;
const codec = await codecNamed("sharp");
const DRAWN = typesDecodedBy("libvips");
const LIBAV = typesDecodedBy("libav");
const WITHOUT_LIBAV = loadPlanarDecoder() === undefined
  ? "there is no native decoder for this machine"
  : false;

async function rendered(bytes: Uint8Array<ArrayBuffer>) {
  const request = await renderRequestOf(bytes);
  const options = {
    pipeline: DEFAULT_PIPELINE,
    clock: { now: () => performance.now() },
    decodeTimeoutMs: 20_000,
  };
  return { header: request.header, ...await render(codec, request, options) };
}

for (const { name, run } of CODEC_CONTRACT) {
  test(`codecNamed("sharp") ${name}`, () => run({ codec, mediaTypes: DRAWN, make: makeSample }));
}

/** A file of the type. */
async function fileOf(type: MediaType): Promise<Uint8Array<ArrayBuffer>> {
  if (type === "image/jxl") {
    return new Uint8Array(readFileSync(new URL("../testing/jxl/lossy.jxl", import.meta.url)));
  }
  if ([...DRAWN, ...LIBAV].includes(type)) {
    return await makeSample(quarters(60, 40), { mediaType: type });
  }
  const bytes = sharedImage("photos/iphone_hevc.heic");
  // Its brand says what it is coded with; with HEIF's own brand alone only its header does.
  if (type === "image/heif") bytes.set(new TextEncoder().encode("mif1".repeat(6)), 8);
  return bytes;
}

for (const type of ALL_MEDIA_TYPES) {
  test(`${type} is sniffed, probed and decoded`, {
    skip: DRAWN.includes(type) ? false : LIBAV.includes(type) ? WITHOUT_LIBAV : skip,
  }, async () => {
    const bytes = await fileOf(type);
    assert.equal(sniffMediaType(bytes.subarray(0, 64)), type);
    const { mediaType, header } = await probeBytes(bytes);
    assert.equal(MEDIA_TYPES[mediaType].decoder, MEDIA_TYPES[type].decoder);
    assert.ok(codec.takes.has(type));
    const pixels = await decodeInside(codec, bytes, { width: 30, height: 30 });
    const [width, height] = [pixels.width, pixels.height];
    assert.ok(Math.max(width, height) === 30 && header.width > 30, `${width} x ${height}`);
  });
}

test("composeCodecs() decodes each type by the first codec that takes it", async () => {
  assert.ok(codec.takes.has("image/heic") && codec.takes.has("image/jpeg"));
  const bytes = await makeSample(quarters(20, 20), { mediaType: "image/webp" });
  const heifAlone = composeCodecs([heifCodec()]);
  const decoding = decodeInside(heifAlone, bytes, { width: 10, height: 10 });
  await assert.rejects(decoding, { reason: "unsupported_type" });
});

test("codecNamed() names what CODEC may be", async () => {
  await assert.rejects(codecNamed("paint"), { code: "invalid_config" });
});

test("every sample becomes upright renditions, insights and camera facts of their schemas", {
  skip,
}, async () => {
  const names = ["photos", "formats", "orientation"].flatMap(sharedImages);
  for (const name of names.filter((name) => !name.includes("truncated"))) {
    const { header, renditions, insights, camera } = await rendered(sharedImage(name));
    const { width, height } = uprightSize(header);
    const [large] = renditions;
    assert.ok(large !== undefined && renditions.length === 3, name);
    assert.ok(Math.abs(large.width / large.height - width / height) < 0.01, name);
    const longest = Math.min(1600, Math.max(width, height));
    assert.equal(Math.max(large.width, large.height), longest, name);
    assert.equal(large.format, header.hasAlpha ? "webp" : "jpeg", name);
    pixelInsightsSchema.parse(insights);
    if (camera !== undefined) cameraSchema.parse(camera);
  }
});

test("the cameras of the samples are read", { skip }, async () => {
  const of = async (name: string) => {
    const { camera } = await rendered(sharedImage(name));
    return [camera?.make, camera?.model, camera?.hasGps];
  };
  assert.deepEqual(await of("photos/iphone_hevc.heic"), ["apple", "iPhone 11 Pro", true]);
  assert.deepEqual(await of("photos/galaxy_note3.jpg"), ["samsung", "SM-N900A", true]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { pixelInsightsSchema } from "../model/insights.ts";
import {
  DEFAULT_RENDITIONS,
  renditionTableSchema,
  type WrittenFormat,
} from "../model/rendition.ts";
import type {
  AnimationCodec,
  DecodeRequest,
  EncodeOptions,
  ImageCodec,
  RawPixels,
  ResizeOptions,
} from "../ports/image_codec.ts";
import { draw } from "../testing/drawing.ts";
import { bytesOf, le } from "../testing/headers.ts";
import { sampleHeader } from "../testing/sample_header.ts";
import { render } from "./render.ts";
import {
  DEFAULT_PIPELINE,
  definePipeline,
  oncePerPicture,
  type Pipeline,
  rejectPicture,
} from "./pipeline.ts";
import { insideSize, type Size } from "./plan_renditions.ts";

/** Pictures without a decoder: every size is one soft ramp. */
class RampCodec implements ImageCodec {
  readonly engine = "ramp 1";
  readonly takes = new Set(["image/jpeg"] as const);
  writes: ReadonlySet<WrittenFormat> = new Set(["jpeg", "png", "webp"] as const);
  readonly decoded: DecodeRequest[] = [];
  readonly resized: { from: number; to: ResizeOptions }[] = [];
  encodes = 0;
  readonly qualities: number[] = [];
  avifBytes = 1;
  animations: AnimationCodec | undefined;
  readonly #channels: 3 | 4;

  constructor(channels: 3 | 4 = 3) {
    this.#channels = channels;
  }

  decode(request: DecodeRequest): Promise<RawPixels> {
    this.decoded.push(request);
    const { header, target } = request;
    return Promise.resolve(this.#ramp(insideSize(header, { ...target, enlarge: false })));
  }

  resize(pixels: RawPixels, to: ResizeOptions): Promise<RawPixels> {
    this.resized.push({ from: pixels.width, to });
    return Promise.resolve(this.#ramp(to.fit === "inside" ? insideSize(pixels, to) : to));
  }

  encode(
    pixels: RawPixels,
    { format, quality }: EncodeOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.encodes += 1;
    this.qualities.push(quality);
    const length = format === "avif" ? this.avifBytes : 2;
    return Promise.resolve(new Uint8Array(length).fill(pixels.width & 255));
  }

  #ramp({ width, height }: Size): RawPixels {
    const samples = (value: number) =>
      this.#channels === 4 ? [value, value, value, 128] : [value, value, value];
    return draw(width, height, (x) => samples(Math.floor(255 * x / width)));
  }
}

let nowMs = 0;
const options = (pipeline: Pipeline = DEFAULT_PIPELINE) => ({
  pipeline,
  clock: { now: () => nowMs += 10 },
  decodeTimeoutMs: 1_000,
});
const request = (header = {}) => ({
  bytes: new Uint8Array(10),
  mediaType: "image/jpeg" as const,
  header: sampleHeader({ width: 3000, height: 2000, ...header }),
  renditions: DEFAULT_RENDITIONS,
});

test("render() decodes once and makes each rendition from the next larger one that is ample", async () => {
  const codec = new RampCodec();
  const rendered = await render(codec, request(), options());
  assert.equal(codec.decoded.length, 1);
  assert.deepEqual(rendered.renditions.map((r) => [r.name, r.format, r.width, r.height]), [
    ["large", "jpeg", 1600, 1067],
    ["medium", "jpeg", 800, 533],
    ["thumb", "jpeg", 200, 133],
  ]);
  assert.deepEqual(codec.resized.map(({ from }) => from), [1600, 800]);
  assert.equal(rendered.engine, "ramp 1");
  assert.deepEqual(rendered.timings, { decodeMs: 10, renditionsMs: 10, insightsMs: 10 });
  pixelInsightsSchema.parse(rendered.insights);
});

test("render() encodes a picture that is smaller than every box only once", async () => {
  const codec = new RampCodec();
  const rendered = await render(codec, request({ width: 120, height: 80 }), options());
  assert.deepEqual(rendered.renditions.map((r) => r.width), [120, 120, 120]);
  assert.deepEqual([codec.resized.length, codec.encodes], [0, 1]);
});

for (
  const [channels, writes, format, expected] of [
    [3, ["jpeg", "png", "webp"], "auto", ["jpeg"]],
    [4, ["jpeg", "png", "webp"], "auto", ["webp"]],
    [4, ["jpeg", "png", "webp"], "jpeg", ["jpeg"]],
    [3, ["jpeg", "png"], "avif", ["jpeg"]],
    [4, ["jpeg", "png"], "avif", ["png"]],
    [3, ["jpeg", "png", "webp", "avif"], "negotiated", ["jpeg", "avif"]],
    [4, ["jpeg", "png", "webp", "avif"], "negotiated", ["webp", "avif"]],
    [3, ["jpeg", "png"], "negotiated", ["jpeg"]],
  ] as const
) {
  test(`render() writes ${expected} of ${channels} channels for ${format}, where it writes ${writes}`, async () => {
    const codec = new RampCodec(channels);
    codec.writes = new Set(writes);
    const renditions = renditionTableSchema.parse([{ name: "x", width: 9, height: 9, format }]);
    const header = { hasAlpha: channels === 4 };
    const rendered = await render(codec, { ...request(header), renditions }, options());
    assert.deepEqual(rendered.renditions.map((made) => made.format), expected);
    assert.deepEqual(codec.qualities, expected.length === 2 ? [80, 60] : [80]);
  });
}

for (
  const [what, header, expected] of [
    ["an animation", { width: 300, height: 200, frames: 4 }, ["webp", undefined]],
    ["an animation of 601 frames", { width: 30, height: 20, frames: 601 }, ["jpeg", ["animation"]]],
    ["frames too large together", { width: 900, height: 900, frames: 40 }, ["jpeg", ["animation"]]],
    ["frames too large as stored", { width: 5_000, height: 5_000, frames: 11 }, [
      "jpeg",
      ["animation"],
    ]],
    ["a still picture", { width: 300, height: 200, frames: 1 }, ["jpeg", undefined]],
  ] as const
) {
  test(`render() makes ${expected.join(" without ")} of ${what} where its line is animated`, async () => {
    const codec = new RampCodec();
    const webp = bytesOf("RIFF", le(22, 4), "WEBPVP8X", le(10, 4), 2, 0, 0, 0, le(0, 6));
    codec.animations = {
      takes: codec.takes,
      decode: async (request) => ({
        frames: [await codec.decode(request), await codec.decode(request)],
        delaysMs: [1, 1],
        loops: 0,
      }),
      encode: () => Promise.resolve(new Uint8Array(webp)),
    };
    const line = { name: "x", width: 900, height: 900, animated: true };
    const renditions = renditionTableSchema.parse([line]);
    const rendered = await render(codec, { ...request(header), renditions }, options());
    const made = rendered.renditions.map(({ format, dropped }) => [format, dropped]);
    assert.deepEqual(made, [expected]);
    assert.equal(codec.decoded.length, expected[0] === "webp" ? 3 : 1);
  });
}

test("render() keeps no second form that is not smaller than the first one", async () => {
  const codec = new RampCodec();
  codec.writes = new Set(["jpeg", "avif"]);
  codec.avifBytes = 2;
  const line = { name: "x", width: 9, height: 9, format: "negotiated" };
  const renditions = renditionTableSchema.parse([line]);
  const rendered = await render(codec, { ...request(), renditions }, options());
  assert.deepEqual(rendered.renditions.map(({ format }) => format), ["jpeg"]);
});

test("render() does not measure insights on huge pixels", async () => {
  const codec = new RampCodec();
  const renditions = renditionTableSchema.parse([{ name: "only", width: 8000, height: 8000 }]);
  await render(codec, { ...request(), renditions }, options());
  assert.ok(codec.resized.length > 0);
  assert.ok(codec.resized.every(({ to }) => to.width <= 800));
});

test("render() takes renditions, steps and insights of a pipeline", async () => {
  const pipeline = definePipeline({
    renditions: [{ name: "square", width: 100, height: 100, fit: "cover", format: "png" }],
    steps: [{
      name: "invert",
      minSidePx: 2900,
      apply: ({ data, ...shape }) => ({ ...shape, data: data.map((value) => 255 - value) }),
    }],
    insights: {
      left_edge: {
        sidePx: 3000,
        column: { type: "INT64", description: "Red of the first pixel" },
        measure: ({ data }) => data[0] ?? 0,
      },
      edges: {
        sidePx: 3000,
        column: { type: "INT64", mode: "REPEATED", maxItems: 2, description: "Both ends" },
        measure: async ({ data }) => [data[0] ?? 0, data[(3000 - 1) * 3] ?? 0],
      },
      nothing: {
        sidePx: 9,
        column: { type: "INT64", mode: "REPEATED", maxItems: 2, description: "None" },
        measure: () => Promise.resolve(null),
      },
      remark: { sidePx: 9, measure: () => Promise.resolve("in the manifest alone") },
    },
  });
  const rendered = await render(new RampCodec(), request(), options(pipeline));
  const made = rendered.renditions.map(({ name, format, width }) => [name, format, width]);
  assert.deepEqual(made, [["square", "png", 100]]);
  assert.deepEqual(rendered.custom, { left_edge: 255, edges: [255, 1], nothing: [] });
  assert.deepEqual(rendered.extra, { remark: "in the manifest alone" });
  const parts = [
    "step invert",
    ...["left_edge", "edges", "nothing", "remark"].map((it) => `insight ${it}`),
  ];
  assert.deepEqual(rendered.ownMs, Object.fromEntries(parts.map((part) => [part, 10])));
});

test("render() decodes as large as a step asks for, and shares a result once a picture", async () => {
  const widths: number[] = [];
  const width = oncePerPicture(async (pixels: RawPixels) => {
    widths.push(pixels.width);
    return pixels.width;
  });
  const insight = { sidePx: 100, measure: width };
  const pipeline = definePipeline({
    steps: [{
      name: "look",
      minSidePx: 2500,
      async apply(pixels, context) {
        await width(pixels, context);
        return pixels;
      },
    }],
    insights: { one: insight, two: insight },
  });
  for (const side of [3000, 2000]) {
    const { extra } = await render(new RampCodec(), request({ width: side }), options(pipeline));
    assert.deepEqual(Object.values(extra), [widths.at(-1), widths.at(-1)]);
  }
  assert.deepEqual(widths, [2500, 2000], "once a picture, of the step's pixels");
});

for (
  const [what, reason, apply] of [
    ["throws", "processing_limit", () => {
      throw new TypeError("broken");
    }],
    ["returns pixels that contradict themselves", "processing_limit", (pixels: RawPixels) => ({
      ...pixels,
      width: pixels.width + 1,
    })],
    ["refuses the picture", "pipeline_rejected", () => rejectPicture("no cats")],
  ] as const
) {
  test(`render() rejects a picture as ${reason} where a step ${what}`, async () => {
    const pipeline = definePipeline({ steps: [{ name: "own", apply }] });
    const refused = { name: "ImageRejected", reason };
    await assert.rejects(render(new RampCodec(), request(), options(pipeline)), refused);
  });
}

const column = { type: "INT64", description: "One" } as const;
const COUNT = { sidePx: 1, column, measure: () => 1 };

test("render() rejects a type that its codec does not take, and a picture whose own insight does not fit its column or is too long", async () => {
  const heic = { ...request(), mediaType: "image/heic" as const };
  await assert.rejects(render(new RampCodec(), heic, options()), { reason: "unsupported_type" });
  const long = { sidePx: 1, measure: () => Array.from({ length: 200 }, () => "x".repeat(1_000)) };
  for (
    const [insight, detail] of [[{ ...COUNT, measure: () => "Jane" }, /broke/], [
      long,
      /long/,
    ]] as const
  ) {
    const pipeline = definePipeline({ insights: { name: insight } });
    const rendering = render(new RampCodec(), request(), options(pipeline));
    await assert.rejects(rendering, { reason: "processing_limit", detail });
  }
});

test("definePipeline() names what is wrong with a definition", () => {
  assert.throws(() => definePipeline({ renditions: [{ name: "x" }] }), /renditions are wrong/);
  const badName = { insights: { "Bad Name": COUNT } };
  assert.throws(() => definePipeline(badName), /must be a column's name/);
  assert.throws(() => definePipeline({ insights: { sharpness: COUNT } }), /already/);
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`own_${at}`, COUNT]));
  assert.throws(() => definePipeline({ insights: many(33) }), /at most 32/);
  definePipeline({ insights: many(32) });
  const long = { ...COUNT, column: { ...column, mode: "REPEATED", maxItems: 9_999 } } as const;
  assert.throws(() => definePipeline({ insights: { long } }), /must be at most 4096/);
  const huge = { ...COUNT, sidePx: 8_193 };
  assert.throws(
    () => definePipeline({ insights: { huge } }),
    /sidePx of huge must be from 1 to 8192/,
  );
  assert.throws(() => definePipeline({ name: "Faces" }), /must be those of a package/);
});

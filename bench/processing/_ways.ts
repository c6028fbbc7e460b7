/** The ways of making renditions that are measured beside one another. */
import { webHashing } from "@tintype/processor/adapters/web_hashing";
import { denoCacheOf } from "@tintype/processor/pixels/deno_cache";
import { type PixelPool, startPixelPool } from "@tintype/processor/pixels/pixel_pool";
import { codecNamed } from "@tintype/processor/adapters/codec_table";
import { makeImageId } from "@tintype/core/model/image_id";
import type { ImageRef } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { DEFAULT_RENDITIONS } from "@tintype/core/model/rendition";
import { render } from "@tintype/core/processing/render";
import { DEFAULT_PIPELINE } from "@tintype/core/processing/pipeline";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { processImage } from "@tintype/core/processing/process_image";
import { TestWorld } from "@tintype/core/testing/test_world";
import sharp from "sharp";
import type { WayName } from "./measured.ts";

/** Makes one image's renditions; what it needs for that is prepared before it is measured. */
export interface Way {
  prepare(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<() => Promise<void>>;
  /** Ends what it has started. */
  close(): Promise<void>;
}

/** Images at once, as in production on two cores. */
export const AT_ONCE = 2;

const SIDES = [1600, 800, 200] as const;
const JPEG = { quality: 80, optimiseCoding: false } as const;
const INSIDE = { fit: "inside", withoutEnlargement: true } as const;
const QUIET = { info: () => {}, warn: () => {}, error: () => {} };

/** All ways by name. */
export const WAYS = {
  /** One decode, shrunk on load to the largest rendition; the others from its raw pixels. */
  cascade: () => bare(cascade),
  /** A pipeline of its own for each rendition. */
  naive: () => bare(naive),
  /** Our codec, renditions and insights in one process. */
  render: () => inProcess(),
  /** All of it: `processImage` on stores in memory, pixels in the pool's processes. */
  ours: () => whole("sharp"),
  imagescript: () => whole("imagescript"),
} as const satisfies Record<WayName, () => Promise<Way>>;

function bare(run: (bytes: Uint8Array) => Promise<void>): Promise<Way> {
  sharp.concurrency(1);
  sharp.cache(false);
  return Promise.resolve({
    prepare: (bytes) => Promise.resolve(() => run(bytes)),
    close: () => Promise.resolve(),
  });
}

async function cascade(bytes: Uint8Array): Promise<void> {
  const largest = sharp(bytes).autoOrient().resize(SIDES[0], SIDES[0], INSIDE)
    .toColourspace("srgb").removeAlpha();
  const { data, info } = await largest.raw().toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: 3 } as const;
  for (const side of SIDES) {
    await sharp(data, { raw }).resize(side, side, INSIDE).jpeg(JPEG).toBuffer();
  }
}

async function naive(bytes: Uint8Array): Promise<void> {
  for (const side of SIDES) {
    await sharp(bytes).autoOrient().resize(side, side, INSIDE).toColourspace("srgb").jpeg(JPEG)
      .toBuffer();
  }
}

async function inProcess(): Promise<Way> {
  const codec = await codecNamed("sharp");
  const clock = { now: () => performance.now() };
  const options = { pipeline: DEFAULT_PIPELINE, clock, decodeTimeoutMs: 30_000 };
  return {
    prepare: (bytes) =>
      Promise.resolve(async () => {
        const request = { bytes, ...await probeBytes(bytes), renditions: DEFAULT_RENDITIONS };
        await render(codec, request, options);
      }),
    close: () => Promise.resolve(),
  };
}

async function whole(codec: "sharp" | "imagescript"): Promise<Way> {
  const options = { processes: AT_ONCE, log: QUIET, codec, denoCache: denoCacheOf(Deno.env) };
  const pixels: PixelPool = await startPixelPool(options);
  return {
    async prepare(bytes, contentType) {
      // A world each, so that what is measured is the work and not a heap that fills up.
      const world = new TestWorld({ nowMs: Date.now() });
      const delivery = await world.upload(newRef(), { bytes, contentType });
      const ports = { ...world.ports, pixels, hashing: webHashing, clock: Date };
      return async () => {
        const { outcome, ...rest } = await processImage(ports, delivery);
        const isReady = "manifest" in rest && rest.manifest.status === "ready";
        if (!isReady) throw new Error(`Cannot measure as an image ended ${outcome}`);
      };
    },
    close: () => pixels.close(),
  };
}

function newRef(): ImageRef {
  return {
    tenant: parseTenant("bench"),
    owner: parseOwner("abcdefghijklmnopqrst"),
    imageId: makeImageId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  };
}

/** The ways of making renditions that are measured beside one another. */
import process from "node:process";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import { pubsubRecords } from "@tintype/processor/adapters/pubsub_publisher";
import { webHashing } from "@tintype/processor/adapters/web_hashing";
import { denoCacheOf } from "@tintype/processor/pixels/deno_cache";
import { type PixelPool, startPixelPool } from "@tintype/processor/pixels/pixel_pool";
import { codecNamed } from "@tintype/processor/adapters/codec_table";
import { makeImageId } from "@tintype/core/model/image_id";
import { type ImageRef, rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { DEFAULT_RENDITIONS } from "@tintype/core/model/rendition";
import { render } from "@tintype/core/processing/render";
import { DEFAULT_PIPELINE } from "@tintype/core/processing/pipeline";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { processImage } from "@tintype/core/processing/process_image";
import type { ImageDelivery, ProcessImagePorts } from "@tintype/core/processing/process_ports";
import { TestWorld } from "@tintype/core/testing/test_world";
import sharp from "sharp";
import type { WayName } from "./measured.ts";

/** Makes one image's renditions; what it needs for that is prepared before it is measured. */
export interface Way {
  prepare(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<() => Promise<void>>;
  /** Images at once. */
  readonly atOnce: number;
  /** Ends what it has started. */
  close(): Promise<void>;
}

/** Images in pixels at once, as in production on two cores. */
const PROCESSES = 2;
/** Deliveries at once: as many again wait for the network. */
const DELIVERIES = 2 * PROCESSES;

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
  ours: () => whole("sharp", inMemory),
  /** The same over HTTP: the storage and Pub/Sub that the suite has started. */
  stored: () => whole("sharp", overHttp),
  imagescript: () => whole("imagescript", inMemory),
} as const satisfies Record<WayName, () => Promise<Way>>;

function bare(run: (bytes: Uint8Array) => Promise<void>): Promise<Way> {
  sharp.concurrency(1);
  sharp.cache(false);
  return Promise.resolve({
    prepare: (bytes) => Promise.resolve(() => run(bytes)),
    atOnce: PROCESSES,
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
    atOnce: PROCESSES,
    close: () => Promise.resolve(),
  };
}

/** What one delivery of an uploaded image needs beside the pixels. */
interface Uploaded {
  readonly delivery: ImageDelivery;
  readonly ports: Omit<ProcessImagePorts, "pixels" | "hashing" | "clock">;
}

type Upload = (bytes: Uint8Array<ArrayBuffer>, contentType: string) => Promise<Uploaded>;

async function whole(codec: "sharp" | "imagescript", upload: Upload): Promise<Way> {
  const options = { processes: PROCESSES, log: QUIET, codec, denoCache: denoCacheOf(Deno.env) };
  const pixels: PixelPool = await startPixelPool(options);
  return {
    async prepare(bytes, contentType) {
      const { ports: others, delivery } = await upload(bytes, contentType);
      const ports = { ...others, pixels, hashing: webHashing, clock: Date };
      return async () => {
        const { outcome, ...rest } = await processImage(ports, delivery);
        const isReady = "manifest" in rest && rest.manifest.status === "ready";
        if (!isReady) throw new Error(`Cannot measure as an image ended ${outcome}`);
      };
    },
    atOnce: DELIVERIES,
    close: () => pixels.close(),
  };
}

/** A world each, so that what is measured is the work and not a heap that fills up. */
async function inMemory(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Uploaded> {
  const world = new TestWorld({ nowMs: Date.now() });
  const delivery = await world.upload(newRef(), { bytes, contentType });
  return { delivery, ports: world.ports };
}

/** The processor's own adapters, at the addresses that the suite gives. */
async function overHttp(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Uploaded> {
  const [endpoint, pubsub] = [process.env["BENCH_STORAGE"], process.env["BENCH_PUBSUB"]];
  const store = (bucket: string) => gcsObjectStore({ bucket, endpoint });
  const records = pubsubRecords({ projectId: "tintype-local", endpoint: pubsub }, "tintype-images");
  const { ports } = new TestWorld({ nowMs: Date.now() });
  const raw = store("tintype-raw");
  const objectName = rawName(newRef());
  const written = await raw.create(objectName, bytes, { contentType, customTimeMs: Date.now() });
  if (!written.created) throw new Error("Cannot upload as the name is taken");
  const object = await raw.stat(objectName) ?? undefined;
  return {
    delivery: { objectName, generation: written.generation, attempt: 1, object },
    ports: {
      ...ports,
      raw,
      processed: store("tintype-processed"),
      erasures: store("tintype-erasures"),
      records,
    },
  };
}

function newRef(): ImageRef {
  return {
    tenant: parseTenant("bench"),
    owner: parseOwner("abcdefghijklmnopqrst"),
    imageId: makeImageId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  };
}

import { t0OfImageId } from "../model/image_id.ts";
import { type Manifest, serializeManifest } from "../model/manifest.ts";
import { type ImageRef, manifestName, markerName, rawName } from "../model/object_name.ts";
import { metadataOfDeclaration, type RawDeclaration } from "../model/raw_metadata.ts";
import { parseTenantPlans } from "../model/tenant_plan.ts";
import type { Clock } from "../ports/clock.ts";
import { processImage } from "../processing/process_image.ts";
import type {
  ImageDelivery,
  ProcessImagePorts,
  ProcessOutcome,
} from "../processing/process_ports.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import type { SweepPorts } from "../retention/sweep_expired.ts";
import { FakePixelEngine, type FakePixelEngineOptions } from "./fake_pixel_engine.ts";
import { MemoryObjectStore, type MemoryObjectStoreOptions } from "./memory_object_store.ts";
import { MemoryRowSink } from "./memory_row_sink.ts";
import { portableHashing } from "./portable_hashing.ts";
import { PNG_PIXEL } from "./sample_images.ts";
import { sampleManifest } from "./sample_manifest.ts";

/** Saturday, 14 March 2026, 12:00 UTC, in milliseconds: when a {@link TestWorld} begins. */
export const NOON_MS: number = Date.UTC(2026, 2, 14, 12);

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  nowMs: number;

  constructor(nowMs: number = NOON_MS) {
    this.nowMs = nowMs;
  }

  now(): number {
    return this.nowMs;
  }
}

/** How a {@link TestWorld} differs from an undisturbed one. */
export interface TestWorldOptions {
  readonly nowMs?: number;
  /** Tenant plans as JSON. */
  readonly plans?: string;
  readonly bufferMs?: number;
  readonly engine?: FakePixelEngineOptions;
  readonly raw?: MemoryObjectStoreOptions;
  readonly processed?: MemoryObjectStoreOptions;
}

/** What is uploaded, where it is not a PNG of one pixel. */
interface Upload {
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
  readonly declaration?: RawDeclaration;
}

/** Everything that processing and retention need. */
export type WorldPorts = ProcessImagePorts & SweepPorts;

/** A whole Tintype in memory: buckets, warehouse, engine, and a clock of its own. */
export class TestWorld {
  readonly clock: ManualClock;
  readonly raw: MemoryObjectStore;
  readonly processed: MemoryObjectStore;
  readonly certificates: MemoryObjectStore;
  readonly rows: MemoryRowSink;
  readonly engine: FakePixelEngine;
  readonly ports: WorldPorts;

  constructor(options: TestWorldOptions = {}) {
    const clock = new ManualClock(options.nowMs);
    this.clock = clock;
    this.raw = new MemoryObjectStore({ ...options.raw, clock });
    this.processed = new MemoryObjectStore({ ...options.processed, clock });
    this.certificates = new MemoryObjectStore({ clock });
    this.rows = new MemoryRowSink({ clock, bufferMs: options.bufferMs ?? 0 });
    this.engine = new FakePixelEngine(options.engine);
    this.ports = {
      raw: this.raw,
      processed: this.processed,
      certificates: this.certificates,
      rows: this.rows,
      pixels: this.engine,
      hashing: portableHashing,
      plans: parseTenantPlans(options.plans ?? "{}"),
      policy: RETENTION_POLICY,
      clock,
      processorVersion: "test",
    };
  }

  /** Puts a raw object and answers its delivery. */
  async upload(
    ref: ImageRef,
    { bytes = PNG_PIXEL, contentType = "image/png", declaration = { source: "edge" } }: Upload = {},
  ): Promise<ImageDelivery> {
    const customTimeMs = t0OfImageId(ref.imageId);
    const metadata = metadataOfDeclaration(declaration);
    await this.raw.create(rawName(ref), bytes, { contentType, customTimeMs, metadata });
    return { objectName: rawName(ref), attempt: 1 };
  }

  /** Uploads an image and processes it. */
  async process(ref: ImageRef, upload?: Upload): Promise<ProcessOutcome> {
    return await processImage(this.ports, await this.upload(ref, upload));
  }

  /** Puts the manifest of an image that is ready; its renditions are missing. */
  async finish(ref: ImageRef): Promise<Manifest> {
    const manifest = sampleManifest(ref);
    await this.processed.put(manifestName(ref), serializeManifest(manifest));
    return manifest;
  }

  /** Puts the owner's wish to have the image erased. */
  async mark(ref: ImageRef): Promise<void> {
    const customTimeMs = t0OfImageId(ref.imageId);
    await this.raw.put(markerName(ref), undefined, { customTimeMs });
  }

  /** Names of both buckets. */
  names(): string[] {
    return [...this.raw.names(), ...this.processed.names()];
  }
}

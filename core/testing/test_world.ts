import { DEFAULT_TENANT, tenantFile } from "../configuration/tenant_files.ts";
import { CachedTenants } from "../configuration/cached_tenants.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { type Manifest, serializeManifest } from "../model/manifest.ts";
import type { Force } from "../model/force.ts";
import { type ImageRef, manifestName, type ObjectName, rawName } from "../model/object_name.ts";
import { metadataOfDeclaration, type RawDeclaration } from "../model/raw_metadata.ts";
import { dayOf } from "../model/utc_day.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventBucket } from "../ports/event_publisher.ts";
import { processAgain } from "../processing/process_again.ts";
import { processImage } from "../processing/process_image.ts";
import type {
  ImageDelivery,
  ProcessImagePorts,
  ProcessOutcome,
} from "../processing/process_ports.ts";
import type { RebuildRowsPorts } from "../processing/rebuild_rows.ts";
import type { ReplayImagesPorts } from "../processing/replay_images.ts";
import type { DescribeImagePorts } from "../retention/describe_image.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import type { RepairPorts } from "../retention/repair_images.ts";
import { settleErasures, type SettleErasuresPorts } from "../retention/settle_erasures.ts";
import type { SweepPorts } from "../retention/sweep_expired.ts";
import { FakePixelEngine, type FakePixelEngineOptions } from "./fake_pixel_engine.ts";
import { MemoryImageRows } from "./memory_image_rows.ts";
import { MemoryObjectStore, type MemoryObjectStoreOptions } from "./memory_object_store.ts";
import { MemoryPlatform } from "./memory_platform.ts";
import { portableHashing } from "./portable_hashing.ts";
import { PNG_PIXEL } from "./sample_images.ts";
import { sign } from "./sample_certificate.ts";
import { sampleManifest } from "./sample_manifest.ts";

/** Generations before those of requests, so that stores share none. */
const ERASURE_GENERATIONS = 80_000_000;

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
  /** The default that all tenants have. */
  readonly plan?: object;
  readonly engine?: FakePixelEngineOptions;
  readonly raw?: MemoryObjectStoreOptions;
  readonly processed?: MemoryObjectStoreOptions;
  readonly erasures?: MemoryObjectStoreOptions;
}

/** What is uploaded, where it is not a PNG of one pixel. */
interface Upload {
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
  readonly declaration?: RawDeclaration;
}

/** Everything that processing and retention need. */
export type WorldPorts =
  & ProcessImagePorts
  & SweepPorts
  & SettleErasuresPorts
  & RepairPorts
  & RebuildRowsPorts
  & ReplayImagesPorts
  & DescribeImagePorts;

/** A whole Tintype in memory: buckets, topics, tables, engine, and a clock of its own. */
export class TestWorld {
  readonly clock: ManualClock;
  readonly raw: MemoryObjectStore;
  readonly processed: MemoryObjectStore;
  readonly erasures: MemoryObjectStore;
  readonly certificates: MemoryObjectStore;
  readonly config: MemoryObjectStore;
  readonly rows = new MemoryImageRows();
  readonly platform = new MemoryPlatform();
  readonly engine: FakePixelEngine;
  /** Where repair notes what it publishes: the processed bucket, apart so that its names are images' alone. */
  readonly notes: MemoryObjectStore;
  /** How long the oldest event that waits has waited, in milliseconds; undefined where nobody can know. */
  oldestWaitingMs: number | undefined = 0;
  /** Events that were published again, oldest first. */
  readonly events: {
    readonly bucket: EventBucket;
    readonly name: string;
    readonly force?: Force;
  }[] = [];
  readonly ports: WorldPorts;

  constructor(options: TestWorldOptions = {}) {
    const clock = new ManualClock(options.nowMs);
    this.clock = clock;
    this.raw = new MemoryObjectStore({ ...options.raw, clock });
    this.processed = new MemoryObjectStore({ ...options.processed, clock });
    const generationsBefore = ERASURE_GENERATIONS;
    this.erasures = new MemoryObjectStore({ generationsBefore, ...options.erasures, clock });
    this.certificates = new MemoryObjectStore({ clock });
    this.notes = new MemoryObjectStore({ clock });
    this.config = new MemoryObjectStore({ clock });
    this.engine = new FakePixelEngine(options.engine);
    const plan = new TextEncoder().encode(JSON.stringify(options.plan ?? {}));
    const isPut = this.config.put(tenantFile(DEFAULT_TENANT), plan);
    const plans = new CachedTenants({
      config: {
        read: async (...call) => {
          await isPut;
          return await this.config.read(...call);
        },
      },
      clock,
      onProblem: () => undefined,
    });
    const { raw, processed, erasures, certificates, config, notes, rows, platform } = this;
    this.ports = {
      ...{ config, raw, processed, erasures, certificates, notes, rows, records: rows },
      ...{ purges: rows, plans, clock },
      pixels: this.engine,
      hashing: portableHashing,
      platform,
      sign,
      contentKeys: { contentKeyOf: async (timeMs, sha256) => `${dayOf(timeMs)}/${sha256}` },
      events: {
        republish: async (bucket, objects, { force } = {}) =>
          void this.events.push(
            ...objects.map(({ name }) => ({ bucket, name, ...(force && { force }) })),
          ),
      },
      queues: {
        waitingSince: async () =>
          this.oldestWaitingMs === undefined ? undefined : clock.nowMs - this.oldestWaitingMs,
      },
      policy: RETENTION_POLICY,
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
    return await this.delivery(ref);
  }

  /** The first delivery of the event of a raw object that is there, or of one that was. */
  async delivery(ref: ImageRef): Promise<ImageDelivery> {
    const object = await this.raw.stat(rawName(ref)) ?? undefined;
    const generation = object?.generation ?? "1";
    return { objectName: rawName(ref), generation, attempt: 1, object };
  }

  /** Delivers the events of raw objects that were published again, as a processor of these ports takes them. */
  async deliverEvents(ports: ProcessImagePorts = this.ports): Promise<ProcessOutcome[]> {
    const outcomes: ProcessOutcome[] = [];
    for (const { name, force } of this.events.splice(0)) {
      const object = await this.raw.stat(name as ObjectName); // the name of an image
      const delivery = { objectName: name, generation: object?.generation ?? "1", attempt: 1 };
      outcomes.push(
        await (force === undefined
          ? processImage(ports, delivery)
          : processAgain(ports, { ...delivery, force })),
      );
    }
    return outcomes;
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

  /** Puts the owner's request to have the image erased. */
  async requestErasure(ref: ImageRef): Promise<void> {
    const customTimeMs = t0OfImageId(ref.imageId);
    await this.erasures.put(rawName(ref), undefined, { customTimeMs });
  }

  /** Runs the keeper's job when no attempt from before can be alive any more. */
  async settle(): Promise<void> {
    this.clock.nowMs += this.ports.policy.attemptMs;
    await settleErasures(this.ports);
  }

  /** Names of all buckets that hold images. */
  names(): string[] {
    return [...this.raw.names(), ...this.processed.names(), ...this.erasures.names()];
  }
}

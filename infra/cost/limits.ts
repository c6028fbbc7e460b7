import { FIGURES, meanCpuMs } from "./facts.ts";

/** A ceiling, and how much of it an image takes. */
export interface Limit {
  readonly name: string;
  /** The ceiling as a phrase, with its source. */
  readonly ceiling: string;
  /** Images a day at which it is reached as delivered, the busiest minute taken into account. */
  readonly imagesPerDay: number;
  /** The same with the settings of `change`. */
  readonly bySettings: number;
  /** The settings that raise it, then what comes after them. */
  readonly change: string;
}

const DAY_S = 86_400;
const SHARDS = 32;
/** Writes and reads a second where a range of names begins (Cloud Storage's guidelines); it doubles in 20 minutes of load. */
const RANGE = { writes: 1_000, reads: 5_000 };
/** Events and records a second that one Pub/Sub project of a large region publishes, in bytes. */
const PUBLISH_BYTES_S = 4e9;
const PUSH_BYTES_S = 440e6;
/** Bytes a second that BigQuery's Storage Write API takes of a project in one region. */
const WRITE_BYTES_S = 300e6;
const DURABLE_OBJECT_PER_S = 1_000;
const PARTITIONS = 32;
/** The most that `bridge.instances` may be. */
const BRIDGE_MEMBERS = 128;
/** Repair lists a shard's days one page after the other, for half an hour at most. */
const REPAIR = { listMs: 60, runS: 1_800, namesPerList: 1_000 };
/** Bytes of a row that the statement of erasures reads, and what BigQuery reads in a quarter of an hour by 2,000 slots of some 50 MB/s. */
const ERASURE = { rowBytes: 72, bytesPerRun: 900 * 2_000 * 50e6 };
/** Tenants' objects that one isolate of the edge reads a minute without being late (`npx deno task bench tenants`). */
const TENANTS = 10_000;

/** Images a day of which the busiest minute needs `perImage` of something that there is `perSecond` of. */
function atPeak(perSecond: number, perImage: number): number {
  return perSecond / perImage * DAY_S / FIGURES.peakFactor;
}

/** All ceilings, the one that is reached first at the top. */
export function limits(): Limit[] {
  return [...processingLimits(), ...nameLimits(), ...keeperLimits(), ...tenantLimits()]
    .sort((a, b) => a.imagesPerDay - b.imagesPerDay);
}

function processingLimits(): Limit[] {
  const { maxInstances, maxInstancesLimit } = FIGURES;
  const perInstance = FIGURES.vcpus * 1000 / meanCpuMs();
  const member = FIGURES.bridgeRecordsPerS * 500_000 / FIGURES.rawBytes;
  const events = atPeak(PUSH_BYTES_S, FIGURES.eventBytes);
  const rows = atPeak(WRITE_BYTES_S, FIGURES.recordBytes);
  return [
    {
      name: "processor's instances",
      ceiling: `${maxInstances} instances of ${perInstance.toFixed(1)} images/s`,
      imagesPerDay: atPeak(maxInstances * perInstance, 1),
      bySettings: atPeak(maxInstancesLimit * perInstance, 1),
      change:
        `\`processor.max_instances\` up to ${maxInstancesLimit}; [two regions](scale.md#two-regions-side-by-side)`,
    },
    {
      name: "bridge",
      ceiling: `one member a partition, ${PARTITIONS} partitions assumed`,
      imagesPerDay: atPeak(PARTITIONS * member, FIGURES.kafkaShare),
      bySettings: atPeak(BRIDGE_MEMBERS * member, FIGURES.kafkaShare),
      change:
        `\`bridge.instances\` and partitions up to ${BRIDGE_MEMBERS}; [one owner](scale.md#one-owner-of-a-stream) has another limit`,
    },
    {
      name: "push subscription",
      ceiling: "440 MB/s of pushes in a large region [?]",
      imagesPerDay: events,
      bySettings: events,
      change: "a higher quota of push throughput",
    },
    {
      name: "records into rows",
      ceiling: "300 MB/s of BigQuery's Storage Write API a project and region [?]",
      imagesPerDay: rows,
      bySettings: atPeak(PUBLISH_BYTES_S, FIGURES.recordBytes),
      change: "a higher quota of write throughput",
    },
  ];
}

function nameLimits(): Limit[] {
  const writes = atPeak(RANGE.writes * SHARDS, FIGURES.writesPerImage);
  const reads = atPeak(
    RANGE.reads * SHARDS,
    FIGURES.readsPerImage + FIGURES.readsPerUpload + FIGURES.viewedObjects,
  );
  return [
    {
      name: "midnight: writes into new names",
      ceiling:
        "1,000 writes/s in each of 32 shards at first; Cloud Storage doubles them in 20 minutes",
      imagesPerDay: writes,
      bySettings: writes,
      change: "none",
    },
    {
      name: "midnight: reads of new names",
      ceiling: "5,000 reads/s in each of 32 shards, likewise",
      imagesPerDay: reads,
      bySettings: reads,
      change: "[Cloud CDN](scale.md#cloud-cdn-in-front-of-renditions)",
    },
  ];
}

function keeperLimits(): Limit[] {
  const names = REPAIR.runS * 1_000 / REPAIR.listMs * REPAIR.namesPerList;
  const repair = names / (FIGURES.keptDays * FIGURES.writesPerImage) * SHARDS;
  const erasures = ERASURE.bytesPerRun /
    (FIGURES.keptDays * (FIGURES.rowBytes + ERASURE.rowBytes));
  return [
    {
      name: "sweep",
      ceiling: "one keeper for two minutes (measured)",
      imagesPerDay: FIGURES.sweepImagesPerDay,
      bySettings: FIGURES.sweepImagesPerPart * SHARDS,
      change: "`keeper.sweep_parts`, at most 32",
    },
    {
      name: "repair",
      ceiling: "each shard once a day, half an hour of lists of 60 ms",
      imagesPerDay: repair,
      bySettings: repair * FIGURES.keptDays,
      change: "`npx deno task repair --since 1d` daily, which lists one day",
    },
    {
      name: "erasures",
      ceiling: "one statement in 15 minutes over the affected days, by 2,000 slots [?]",
      imagesPerDay: erasures,
      bySettings: erasures,
      change: "reserved slots",
    },
  ];
}

function tenantLimits(): Limit[] {
  const one = atPeak(DURABLE_OBJECT_PER_S, 1 - FIGURES.kafkaShare);
  return [
    {
      name: "one tenant: its quota's Durable Object",
      ceiling: "some 1,000 requests/s an object (Cloudflare's guidance)",
      imagesPerDay: one,
      bySettings: TENANTS * FIGURES.tenantImagesPerDay,
      change: "several tenants; [split quota objects](scale.md#a-tenant-of-ten-million-a-day)",
    },
    {
      name: "tenants",
      ceiling: `10,000 tenants of ${
        FIGURES.tenantImagesPerDay.toLocaleString("en-US")
      } images a day (\`npx deno task bench tenants\`)`,
      imagesPerDay: TENANTS * FIGURES.tenantImagesPerDay,
      bySettings: TENANTS * FIGURES.tenantImagesPerDay * 10,
      change: "`imagesPerDay` in the tenants' objects",
    },
  ];
}

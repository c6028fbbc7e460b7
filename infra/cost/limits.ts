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
      ceiling: `${maxInstances} instances (ours, it bounds what a flood can cost) of ${
        perInstance.toFixed(1)
      } images/s`,
      imagesPerDay: atPeak(maxInstances * perInstance, 1),
      bySettings: atPeak(maxInstancesLimit * perInstance, 1),
      change:
        `\`processor.max_instances\` up to ${maxInstancesLimit}, with the region's quota of vCPUs; then [two regions](scale.md#two-regions-side-by-side)`,
    },
    {
      name: "bridge",
      ceiling: `one member a partition: ${PARTITIONS} partitions assumed, each member as measured`,
      imagesPerDay: atPeak(PARTITIONS * member, FIGURES.kafkaShare),
      bySettings: atPeak(BRIDGE_MEMBERS * member, FIGURES.kafkaShare),
      change:
        `\`bridge.instances\` up to ${BRIDGE_MEMBERS}, with as many partitions; one owner's limit is [another](scale.md#one-owner-of-a-stream)`,
    },
    {
      name: "push subscription",
      ceiling:
        "440 MB/s of pushes in a large region (Pub/Sub's quotas [?]); its window follows the processor's responses, so instances come first",
      imagesPerDay: events,
      bySettings: events,
      change: "the quota of push throughput, on request",
    },
    {
      name: "records into rows",
      ceiling: "300 MB/s a project in one region (BigQuery's Storage Write API [?])",
      imagesPerDay: rows,
      bySettings: atPeak(PUBLISH_BYTES_S, FIGURES.recordBytes),
      change: "the quota of write throughput, on request",
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
        "1,000 writes/s where a range of names begins (Cloud Storage's guidelines) in each of 32 shards; each doubles in about 20 minutes of load",
      imagesPerDay: writes,
      bySettings: writes,
      change:
        "none: names begin with a shard, so the new day begins in 32 ranges at once, and at midnight traffic is far from its peak",
    },
    {
      name: "midnight: reads of new names",
      ceiling: "5,000 reads/s likewise in each of 32 shards",
      imagesPerDay: reads,
      bySettings: reads,
      change:
        "none, likewise; [Cloud CDN](scale.md#cloud-cdn-in-front-of-renditions) takes the most of them away",
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
      ceiling: `one keeper's two minutes keep up with ${
        FIGURES.sweepImagesPerDay / 1e6
      } million images a day (measured)`,
      imagesPerDay: FIGURES.sweepImagesPerDay,
      bySettings: FIGURES.sweepImagesPerPart * SHARDS,
      change:
        "`keeper = { sweep_parts = 8, max_instances = 12, cpu = 2 }` for 10⁸, at most 32 parts",
    },
    {
      name: "repair",
      ceiling:
        "each shard once a day, for half an hour at most, a list of 60 ms after the other over all that is kept",
      imagesPerDay: repair,
      bySettings: repair * FIGURES.keptDays,
      change:
        "`deno task repair --since 1d` daily, which lists the last day alone; what an outage left is processed at the speed of all instances",
    },
    {
      name: "erasures",
      ceiling:
        "one statement in 15 minutes, which reads and writes the days of the images that are due, by 2,000 slots [?]; requests cost what is asked for",
      imagesPerDay: erasures,
      bySettings: erasures,
      change: "slots that are reserved for the project",
    },
  ];
}

function tenantLimits(): Limit[] {
  const one = atPeak(DURABLE_OBJECT_PER_S, 1 - FIGURES.kafkaShare);
  return [
    {
      name: "one tenant: its quota's Durable Object",
      ceiling:
        "some 1,000 requests/s an object (Cloudflare's guidance), for one tenant that sends everything",
      imagesPerDay: one,
      bySettings: TENANTS * FIGURES.tenantImagesPerDay,
      change:
        "several tenants: 10⁷ a day of one are a third of an object; beyond it [split quota objects](scale.md#a-tenant-of-ten-million-a-day)",
    },
    {
      name: "tenants",
      ceiling: `10,000 tenants of ${
        FIGURES.tenantImagesPerDay.toLocaleString("en-US")
      } images a day (measured: \`npx deno task bench tenants\`)`,
      imagesPerDay: TENANTS * FIGURES.tenantImagesPerDay,
      bySettings: TENANTS * FIGURES.tenantImagesPerDay * 10,
      change: "`quotas` in the tenants' objects; an isolate reads each object once a minute",
    },
  ];
}

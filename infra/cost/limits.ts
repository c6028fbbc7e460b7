import { FIGURES, meanCpuMs } from "./facts.ts";

/** A ceiling, and how much of it an image takes. */
export interface Limit {
  readonly name: string;
  /** The ceiling as a sentence, with its source. */
  readonly ceiling: string;
  /** Images a day at which it is reached, the busiest minute taken into account. */
  readonly imagesPerDay: number;
  /** What is changed then. */
  readonly change: string;
}

const DAY_S = 86_400;

/** Images a day of which the busiest minute needs `perImage` of something that there is `perSecond` of. */
function atPeak(perSecond: number, perImage: number): number {
  return perSecond / perImage * DAY_S / FIGURES.peakFactor;
}

/** All ceilings, the one that is reached first at the top. */
export function limits(): Limit[] {
  const instances = FIGURES.maxInstances;
  const perInstance = FIGURES.vcpus * 1000 / meanCpuMs();
  const all: Limit[] = [
    {
      name: "sweep",
      ceiling: `a sweep of two minutes keeps up with ${
        FIGURES.sweepImagesPerDay / 1e6
      } million images a day (measured, docs/retention.md)`,
      imagesPerDay: FIGURES.sweepImagesPerDay,
      change:
        "a job for each bucket, then for each range of owners' first letters: the ranges that `forEachName` walks already",
    },
    {
      name: "processor's instances",
      ceiling: `${instances} instances (ours, it bounds what a flood can cost) of ${
        perInstance.toFixed(1)
      } images/s`,
      imagesPerDay: atPeak(instances * perInstance, 1),
      change: "`processor.max_instances`, up to the region's quota of vCPUs; then a second region",
    },
    {
      name: "hot names: writes",
      ceiling:
        "1,000 writes/s where a bucket begins (Cloud Storage's guidelines); it doubles in about 20 minutes of load, as tenants and owners spread the names below a day",
      imagesPerDay: atPeak(1_000, FIGURES.writesPerImage),
      change:
        "load that grows by less than double in 20 minutes needs nothing; else a hash before the day, which costs the sweep its order",
    },
    {
      name: "hot names: reads",
      ceiling:
        "5,000 reads/s where a bucket begins (Cloud Storage's guidelines), and it doubles likewise",
      imagesPerDay: atPeak(5_000, FIGURES.readsPerImage + FIGURES.viewedObjects),
      change:
        "the same; renditions may get a cache in front for as long as their signed address lives",
    },
    {
      name: "Durable Object of a tenant",
      ceiling:
        "some 1,000 requests/s an object (Cloudflare's guidance); this is for one tenant that sends everything",
      imagesPerDay: atPeak(1_000, 1 - FIGURES.kafkaShare),
      change: "a tenant's day in several objects, each with a share of its quota",
    },
    {
      name: "streaming inserts",
      ceiling:
        "300 MB/s a project outside of the US and EU multi-regions, 1 GB/s inside (BigQuery's quotas, assumed)",
      imagesPerDay: atPeak(300e6, FIGURES.rowBytes),
      change:
        "the Storage Write API by gRPC behind the same port: half the price, ten times the room",
    },
    {
      name: "push subscription",
      ceiling:
        "some 140 MB/s of pushes in a small region (Pub/Sub's quotas, assumed); far earlier its window follows the processor's answers, so instances come first",
      imagesPerDay: atPeak(140e6, FIGURES.eventBytes),
      change: "a subscription for each range of owners, by a filter on the object's name",
    },
    {
      name: "bridge",
      ceiling: "one member a partition: 32 partitions assumed, each member as measured",
      imagesPerDay: atPeak(
        32 * FIGURES.bridgeRecordsPerS * 500_000 / FIGURES.rawBytes,
        FIGURES.kafkaShare,
      ),
      change: "more partitions, then more members",
    },
  ];
  return all.sort((a, b) => a.imagesPerDay - b.imagesPerDay);
}

/**
 * What a sweep costs by how many images are kept: requests, time and memory over a bucket in memory with real paging,
 * and once with the latencies of a real store.
 */
import { memoryUsage } from "node:process";
import { performance } from "node:perf_hooks";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { purgeBucket } from "@tintype/core/retention/purge_bucket";
import { type Aim, atMost, type Suite, type SuiteContext, table } from "../suite.ts";
import { imageNames, type Latency, NamedImages } from "./named_images.ts";

const { periodMs, sweepIntervalMs } = RETENTION_POLICY;
/** Just behind midnight, when the day that ends is still nearly whole: the most names that a sweep looks at. */
const NOW_MS = Date.UTC(2026, 2, 21, 0, 5);
const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
/** What processing leaves of an image, in the order of a listing. */
const PROCESSED = ["/large.jpg", "/manifest.json", "/medium.jpg", "/thumb.jpg"];
/** A request's usual time from the same region. */
const LATENCY: Latency = { listMs: 60, removeMs: 30 };
const MIB = 2 ** 20;

interface Measured {
  readonly kept: number;
  readonly lookedAt: number;
  readonly deleted: number;
  readonly lists: number;
  readonly removes: number;
  readonly ms: number;
  readonly heapMib: number;
}

/** One sweep of both buckets: five minutes' worth of images has come to its end. */
async function measure(kept: number, latency?: Latency): Promise<Measured> {
  const spanMs = periodMs + sweepIntervalMs;
  const names = imageNames(kept, { untilMs: NOW_MS, spanMs });
  const buckets = {
    raw: new NamedImages(names, [""], latency),
    processed: new NamedImages(names, PROCESSED, latency),
  };
  const heap = watchHeap();
  const startMs = performance.now();
  const purges = await Promise.all(
    (["raw", "processed"] as const).map((bucket) =>
      purgeBucket(buckets[bucket], { bucket, nowMs: NOW_MS, policy: RETENTION_POLICY })
    ),
  );
  const ms = performance.now() - startMs;
  const sum = (count: (purge: (typeof purges)[number]) => number) =>
    purges.reduce((total, purge) => total + count(purge), 0);
  if (sum(({ overdue }) => overdue) > 0) throw new Error("The sweep left something overdue");
  return {
    kept,
    lookedAt: sum(({ lookedAt }) => lookedAt),
    deleted: sum(({ deleted }) => deleted),
    lists: buckets.raw.requests.list + buckets.processed.requests.list,
    removes: buckets.raw.requests.remove + buckets.processed.requests.remove,
    ms,
    heapMib: heap.stop(),
  };
}

/** Between the most and the least that the heap held meanwhile, in MiB; garbage not yet collected counts. */
function watchHeap() {
  let most = 0;
  let least = Infinity;
  const look = () => {
    const { heapUsed } = memoryUsage();
    most = Math.max(most, heapUsed);
    least = Math.min(least, heapUsed);
  };
  look();
  const timer = setInterval(look, 20);
  return {
    stop() {
      look();
      clearInterval(timer);
      return (most - least) / MIB;
    },
  };
}

async function run({ print }: SuiteContext): Promise<readonly Aim[]> {
  await measure(1_000); // warm
  const measured: Measured[] = [];
  for (const size of SIZES) measured.push(await measure(size));
  print(
    table(
      ["images kept", "names looked at", "deleted", "lists", "deletes", "ms", "heap MiB"],
      measured.map(({ ms, heapMib, ...row }) => [
        ...[row.kept, row.lookedAt, row.deleted, row.lists, row.removes],
        ...[ms.toFixed(0), heapMib.toFixed(0)],
      ]),
    ),
  );
  const largest = measured.at(-1);
  const real = await measure(1_000_000, LATENCY);
  print(
    `\n1,000,000 images, ${LATENCY.listMs} ms a list and ${LATENCY.removeMs} ms a delete: ${
      (real.ms / 1000).toFixed(1)
    } s for ${real.lists} lists and ${real.removes} deletes`,
  );
  if (largest === undefined) throw new RangeError("Cannot measure no size");
  return [
    atMost(1.2, "lists_per_1000_names", 1000 * largest.lists / largest.lookedAt),
    atMost(20, "ms_per_1000_names", 1000 * largest.ms / largest.lookedAt),
    atMost(128, "heap_mib_at_1e6", largest.heapMib),
    atMost(120, "sweep_s_at_1e6", real.ms / 1000),
  ];
}

/** Sweeps of 10^3 to 10^6 kept images. */
export const retentionSuite: Suite = {
  name: "retention",
  about: "a sweep's requests, time and memory by how many images are kept",
  run,
};

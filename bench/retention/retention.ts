/**
 * What a sweep costs by how many images a day has: requests, time and memory over buckets with the latencies of a real
 * store, at the worst time of the day; at 10^8 a day one of eight keepers' parts.
 */
import process, { memoryUsage } from "node:process";
import { performance } from "node:perf_hooks";
import { SHARDS } from "@tintype/core/model/object_name";
import { DAY_MS, dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { purgeBucket } from "@tintype/core/retention/purge_bucket";
import { partsOf } from "@tintype/core/retention/shards";
import { type Aim, atMost, type Suite, type SuiteContext, table } from "../suite.ts";
import { DayOfImages } from "./day_of_images.ts";

const { periodMs, sweepBudgetMs } = RETENTION_POLICY;
/** Just behind midnight, when the day that ends is still nearly whole: the most names that a sweep looks at. */
const NOW_MS = Date.UTC(2026, 2, 21, 0, 5);
/** What processing leaves of an image, in the order of a listing. */
const PROCESSED = ["/large.jpg", "/manifest.json", "/medium.jpg", "/thumb.jpg"];
/** A request's usual time from the same region; that of a batch of a hundred is assumed. */
const LATENCY = { listMs: 60, batchMs: 1_000 };
const MIB = 2 ** 20;

/** Images a day, and how many keepers share the sweep; the first one's part is run. */
interface Load {
  readonly images: number;
  readonly keepers: number;
}

const LOADS: readonly Load[] = [
  { images: 1e6, keepers: 1 },
  { images: 1e7, keepers: 1 },
  { images: 1e8, keepers: 8 },
];

interface Measured extends Load {
  readonly lookedAt: number;
  readonly deleted: number;
  readonly lists: number;
  readonly batches: number;
  readonly seconds: number;
  /** The process's own time per thousand names, making the names included, in milliseconds. */
  readonly cpuMs: number;
  readonly heapMib: number;
}

/** One sweep of both buckets: five minutes' worth of images has come to its end. */
async function measure({ images, keepers }: Load, latency = LATENCY): Promise<Measured> {
  const shards = partsOf(keepers)[0] ?? SHARDS;
  const dayStartMs = startOfDay(dayOf(NOW_MS - periodMs));
  const day = { images, dayStartMs, ...latency };
  const buckets = {
    raw: new DayOfImages({ ...day, files: [""] }),
    processed: new DayOfImages({ ...day, files: PROCESSED }),
  };
  const heap = watchHeap();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const purges = await Promise.all(
    (["raw", "processed"] as const).map((bucket) =>
      purgeBucket(buckets[bucket], { bucket, nowMs: NOW_MS, policy: RETENTION_POLICY, shards })
    ),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const sum = (count: (purge: (typeof purges)[number]) => number) =>
    purges.reduce((total, purge) => total + count(purge), 0);
  const names = (buckets.raw.namesOfShard + buckets.processed.namesOfShard) * shards.length;
  const lookedAt = sum(({ lookedAt }) => lookedAt);
  const deleted = sum(({ deleted }) => deleted);
  if (lookedAt !== names) throw new Error(`The sweep looked at ${lookedAt} of ${names} names`);
  if (Math.abs(deleted / names - 5 * 60_000 / DAY_MS) > 1e-4) {
    throw new Error(`The sweep deleted ${deleted} of ${names} names`);
  }
  return {
    ...{ images, keepers, lookedAt, deleted, seconds },
    lists: buckets.raw.requests.list + buckets.processed.requests.list,
    batches: buckets.raw.requests.batch + buckets.processed.requests.batch,
    cpuMs: (user + system) / lookedAt,
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
  await measure({ images: 1e6, keepers: 8 }, { listMs: 0, batchMs: 0 }); // warm
  const measured: Measured[] = [];
  for (const load of LOADS) {
    const one = await measure(load);
    measured.push(one);
    print(`${load.images.toExponential(0)} images a day: ${one.seconds.toFixed(1)} s`);
  }
  print(
    table(
      [
        ...["images a day", "keepers", "names looked at", "deleted", "lists", "batches"],
        ...["s", "CPU ms/1000", "heap MiB"],
      ],
      measured.map(({ seconds, cpuMs, heapMib, ...row }) => [
        ...[row.images, row.keepers, row.lookedAt, row.deleted, row.lists, row.batches],
        ...[seconds.toFixed(1), cpuMs.toFixed(2), heapMib.toFixed(0)],
      ]),
    ),
  );
  const { listMs, batchMs } = LATENCY;
  print(
    `\n${listMs} ms a list, ${batchMs} ms a batch of 100 deletes; with 8 keepers: one of them.`,
  );
  return measured.flatMap(({ images, keepers, seconds, lists, lookedAt, heapMib }) => {
    const load = `${images.toExponential(0).replace("+", "")}_by_${keepers}`;
    return [
      atMost(sweepBudgetMs / 1_000, `sweep_s_at_${load}`, seconds),
      atMost(1.2, `lists_per_1000_names_at_${load}`, 1_000 * lists / lookedAt),
      atMost(512, `heap_mib_at_${load}`, heapMib),
    ];
  });
}

/** Sweeps of 10^6 to 10^8 images a day. */
export const retentionSuite: Suite = {
  name: "retention",
  about: "a sweep's requests, time and memory by how many images a day has",
  run,
};

/**
 * The bridge beside a bare loop (kafkajs and `fetch`, the same number of uploads at once) on the same broker and a
 * store that keeps nothing, in turn: each twice, the better run of each counts. Seconds are counted from joining the group.
 */
import { randomUUID } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { startProgram } from "@tintype/core/testing/start_program";
import { type Aim, atLeast, atMost, type Suite, table } from "../suite.ts";
import { FLATNESS_HEADING, measureFlatness } from "./flatness.ts";
import { type Cloud, fillTopic, type Run, runBridge, tell } from "./run_bridge.ts";

interface Load {
  readonly name: string;
  readonly bytes: number;
  readonly records: number;
  /** Least rate of the bridge, of the bare loop's. */
  readonly shareOfBare: number;
  /** What the bridge's peak memory may be. */
  readonly mostRssMib?: number;
}

const LOADS: readonly Load[] = [
  { name: "50kB", bytes: 50_000, records: 3_000, shareOfBare: 1.4 },
  { name: "500kB", bytes: 500_000, records: 600, shareOfBare: 1.4 },
  { name: "4MB", bytes: 4_000_000, records: 100, shareOfBare: 1.05, mostRssMib: 350 },
];
/** The first start on a machine fetches Kafka. */
const FETCH_TIMEOUT_MS = 300_000;
const LOOP_TIMEOUT_MS = 600_000;
const UPLOADS_AT_ONCE = 8;
const ROUNDS = 2;
const RSS_OF_BARE = 1.25;
/** Topics as other producers compress them, beside the same records without compression. */
const CODECS = ["None", "Snappy", "ZSTD"] as const;
const COMPRESSED = { bytes: 50_000, records: 3_000 } as const;
const SHARE_OF_PLAIN = 0.9;

/** The bridge, size by size. */
export const bridgeSuite: Suite = {
  name: "bridge",
  about: "records/s, CPU and memory of the Kafka bridge, beside a bare loop of kafkajs and fetch",
  async run(context) {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tintype-bench-"));
    const broker = startProgram(["local/kafka/serve.ts"], {
      PORT: "0",
      DATA_DIR: join(folder.path, "kafka"),
    });
    const storage = await startEmulator("storage");
    const store = startProgram(["bench/bridge/discarding_store.ts"], { STORAGE_URL: storage.url });
    try {
      const { url } = await broker.line("listening", FETCH_TIMEOUT_MS);
      const { url: storeUrl } = await store.line("listening");
      const cloud = { brokers: String(url), storage: String(storeUrl) };
      const aims: Aim[] = [];
      const rows: string[][] = [];
      for (const load of LOADS) aims.push(...await measure(cloud, { load, rows }));
      aims.push(...await measureCodecs(cloud, rows));
      context.print(table(HEADING, rows));
      const flat: string[][] = [];
      aims.push(...await measureFlatness(cloud, { uploadsAtOnce: UPLOADS_AT_ONCE, rows: flat }));
      context.print(table(FLATNESS_HEADING, flat));
      return aims;
    } finally {
      await Promise.all([broker.kill("SIGTERM"), store.kill("SIGTERM"), storage.stop()]);
    }
  },
};

const HEADING = ["", "records/s", "MB/s", "of bare", "CPU ms a record", "peak RSS MiB"];

async function measure(
  cloud: Cloud,
  { load, rows }: { readonly load: Load; readonly rows: string[][] },
): Promise<Aim[]> {
  const topic = `bench-${load.name}`;
  const topics = [topic, `${topic}.dlq`];
  const { brokers } = cloud;
  const { records, bytes } = load;
  await fillTopic({ brokers, topics, records, bytes });
  const bare: Run[] = [];
  const bridge: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(tell(`bare loop ${load.name}`, await runBare(cloud, { topic, load })));
    const options = { topic, records, uploadsAtOnce: UPLOADS_AT_ONCE };
    bridge.push(tell(`bridge ${load.name}`, await runBridge(cloud, options)));
  }
  const [bestBare, bestBridge] = [bestOf(bare), bestOf(bridge)];
  const share = rateOf(bestBridge) / rateOf(bestBare);
  const peakOf = (runs: readonly Run[]) => Math.max(...runs.map(({ peakRssMib }) => peakRssMib));
  const [bareRssMib, rssMib] = [peakOf(bare), peakOf(bridge)];
  rows.push(
    rowOf(`bare loop ${load.name}`, bestBare, [load.bytes, 1, bareRssMib]),
    rowOf(`bridge ${load.name}`, bestBridge, [load.bytes, share, rssMib]),
  );
  const { mostRssMib } = load;
  return [
    atLeast(load.shareOfBare, `${load.name}_rate_of_bare`, share),
    atMost(RSS_OF_BARE, `${load.name}_rss_of_bare`, rssMib / bareRssMib),
    ...mostRssMib === undefined ? [] : [atMost(mostRssMib, `${load.name}_rss_mib`, rssMib)],
  ];
}

function rowOf(
  name: string,
  run: Run,
  [bytes, share, rssMib]: readonly [number, number, number],
): string[] {
  return [
    name,
    rateOf(run).toFixed(1),
    (rateOf(run) * bytes / 1e6).toFixed(0),
    share.toFixed(2),
    (1000 * run.cpuSeconds / run.records).toFixed(2),
    rssMib.toFixed(0),
  ];
}

/** The bridge over topics of each codec, in turn, the better run of each. */
async function measureCodecs(cloud: Cloud, rows: string[][]): Promise<Aim[]> {
  const { records, bytes } = COMPRESSED;
  const runs = new Map<string, Run[]>(CODECS.map((codec) => [codec, []]));
  for (const codec of CODECS) {
    const topics = [`bench-${codec}`, `bench-${codec}.dlq`];
    await fillTopic({ brokers: cloud.brokers, topics, records, bytes, codec });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [codec, of] of runs) {
      const options = { topic: `bench-${codec}`, records, uploadsAtOnce: UPLOADS_AT_ONCE };
      of.push(tell(`bridge ${codec}`, await runBridge(cloud, options)));
    }
  }
  const best = CODECS.map((codec) => bestOf(runs.get(codec) ?? []));
  return CODECS.flatMap((codec, index) => {
    const [plain, run] = [best[0], best[index]];
    if (plain === undefined || run === undefined) return [];
    const share = rateOf(run) / rateOf(plain);
    rows.push(rowOf(`bridge 50kB ${codec}, of None`, run, [bytes, share, run.peakRssMib]));
    if (run === plain) return [];
    return [atLeast(SHARE_OF_PLAIN, `${codec.toLowerCase()}_rate_of_plain`, share)];
  });
}

async function runBare(
  { brokers, storage }: Cloud,
  { topic, load: { records } }: { readonly topic: string; readonly load: Load },
): Promise<Run> {
  const group = `bare-${randomUUID()}`;
  const uploadsAtOnce = UPLOADS_AT_ONCE;
  const call = JSON.stringify({ brokers, topic, group, storage, records, uploadsAtOnce });
  const loop = startProgram(["bench/bridge/bare_loop.ts", call]);
  const { seconds, cpuSeconds, peakRssMib } = await loop.line("measured", LOOP_TIMEOUT_MS);
  await loop.ended;
  return {
    records,
    seconds: Number(seconds),
    cpuSeconds: Number(cpuSeconds),
    peakRssMib: Number(peakRssMib),
  };
}

function rateOf({ records, seconds }: Run): number {
  return records / seconds;
}

function bestOf(runs: readonly Run[]): Run {
  return runs.reduce((best, run) => rateOf(run) > rateOf(best) ? run : best);
}

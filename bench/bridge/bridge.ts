/**
 * The bridge beside a bare loop (kafkajs and `fetch`, the same number of uploads at once) on the same broker and the
 * local storage, in turn: each twice, the better run of each counts. Seconds are counted from joining the group.
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
  /** What the bridge's peak memory may be. */
  readonly mostRssMib?: number;
}

const LOADS: readonly Load[] = [
  { name: "50kB", bytes: 50_000, records: 3_000 },
  { name: "500kB", bytes: 500_000, records: 600 },
  { name: "4MB", bytes: 4_000_000, records: 100, mostRssMib: 350 },
];
/** The first start on a machine fetches Kafka. */
const FETCH_TIMEOUT_MS = 300_000;
const LOOP_TIMEOUT_MS = 600_000;
const UPLOADS_AT_ONCE = 8;
const ROUNDS = 2;
const SHARE_OF_BARE = 0.85;
const RSS_OF_BARE = 1.25;

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
    try {
      const { url } = await broker.line("listening", FETCH_TIMEOUT_MS);
      const cloud = { brokers: String(url), storage: storage.url };
      const aims: Aim[] = [];
      const rows: string[][] = [];
      for (const load of LOADS) aims.push(...await measure(cloud, { load, rows }));
      context.print(table(HEADING, rows));
      const flat: string[][] = [];
      aims.push(...await measureFlatness(cloud, { uploadsAtOnce: UPLOADS_AT_ONCE, rows: flat }));
      context.print(table(FLATNESS_HEADING, flat));
      return aims;
    } finally {
      await Promise.all([broker.kill("SIGTERM"), storage.stop()]);
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
  const row = (name: string, run: Run, of: number, rss: number) => [
    `${name} ${load.name}`,
    rateOf(run).toFixed(1),
    (rateOf(run) * load.bytes / 1e6).toFixed(0),
    of.toFixed(2),
    (1000 * run.cpuSeconds / run.records).toFixed(2),
    rss.toFixed(0),
  ];
  rows.push(row("bare loop", bestBare, 1, bareRssMib), row("bridge", bestBridge, share, rssMib));
  const { mostRssMib } = load;
  return [
    atLeast(SHARE_OF_BARE, `${load.name}_rate_of_bare`, share),
    atMost(RSS_OF_BARE, `${load.name}_rss_of_bare`, rssMib / bareRssMib),
    ...mostRssMib === undefined ? [] : [atMost(mostRssMib, `${load.name}_rss_mib`, rssMib)],
  ];
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

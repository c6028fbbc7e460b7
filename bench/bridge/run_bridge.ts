import { randomUUID } from "node:crypto";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { startProgram } from "@tintype/core/testing/start_program";
import { fillConfiguration } from "../fill_configuration.ts";
import { useOf } from "../process_use.ts";
import { quantile } from "../suite.ts";

/** Where the broker and the storage listen. */
export interface Cloud {
  readonly brokers: string;
  readonly storage: string;
}

/** What one run did. */
export interface Run {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMib: number;
}

/** What one run of the bridge did. */
export interface BridgeRun extends Run {
  /** Medians between the first and the second `earlyRecords`, and over the last. */
  readonly earlyRssMib: number;
  readonly lateRssMib: number;
}

/** What to run the bridge over. */
export interface BridgeRunOptions {
  readonly topic: string;
  readonly records: number;
  readonly uploadsAtOnce: number;
  readonly earlyRecords?: number;
}

const POLL_MS = 50;
const NO_QUOTA = { imagesPerDay: 1_000_000_000, bytesPerDay: 1_000_000_000_000_000 };

/** Runs the bridge over a topic, in a group and with ids of its own, until every record is an object. */
export async function runBridge(
  { brokers, storage }: Cloud,
  { topic, records, uploadsAtOnce, earlyRecords = records }: BridgeRunOptions,
): Promise<BridgeRun> {
  await fillConfiguration(storage, { stream: { ...NO_QUOTA, kafkaTopics: { [topic]: {} } } });
  const bridge = startProgram(["kafka-bridge/main.ts"], {
    PORT: "0",
    KAFKA_BROKERS: brokers,
    // Another cluster, other ids: what the run before made is not there.
    KAFKA_CLUSTER: `bench-${randomUUID()}`,
    KAFKA_TOPICS: topic,
    KAFKA_DEAD_LETTER_TOPIC: `${topic}.dlq`,
    KAFKA_GROUP: `bridge-${randomUUID()}`,
    UPLOADS_PER_PARTITION: String(uploadsAtOnce),
    RAW_BUCKET: "tintype-raw",
    GOOGLE_CLOUD_PROJECT: "tintype-local",
    STORAGE_ENDPOINT: storage,
    CONFIG_BUCKET: "tintype-config",
    PUBSUB_ENDPOINT: "http://127.0.0.1:9", // nothing is refused
    PSEUDONYM_KEYS: JSON.stringify({ "1": `a pseudonym key of this bench ${randomUUID()}` }),
  });
  const { url } = await bridge.line("listening");
  const startedMs = performance.now();
  const before = useOf(bridge.pid);
  const samples: { readonly created: number; readonly rssMib: number }[] = [];
  for (let created = 0; created < records; created = await createdOf(String(url))) {
    samples.push({ created, rssMib: useOf(bridge.pid).rssMib });
    await sleep(POLL_MS);
  }
  const medianBetween = (from: number, to: number) => {
    const between = samples.filter(({ created }) => from <= created && created < to);
    // None where a run has no early part.
    return between.length === 0 ? NaN : quantile(between.map(({ rssMib }) => rssMib), 0.5);
  };
  const seconds = (performance.now() - startedMs) / 1000;
  const { cpuSeconds, peakRssMib } = useOf(bridge.pid);
  await bridge.kill("SIGTERM");
  return {
    records,
    seconds,
    cpuSeconds: cpuSeconds - before.cpuSeconds,
    peakRssMib,
    earlyRssMib: medianBetween(earlyRecords, 2 * earlyRecords),
    lateRssMib: medianBetween(records - earlyRecords, records),
  };
}

/** Makes a topic and fills it, in a process of its own. */
export async function fillTopic(load: unknown): Promise<void> {
  const program = startProgram(["bench/bridge/fill_topic.ts", JSON.stringify(load)]);
  const code = await program.ended;
  if (code !== 0) throw new Error(`Cannot fill a topic: ${code} ${program.errors()}`);
}

/** Logs a run as progress beside the tables, and returns it. */
export function tell<R extends Run>(what: string, run: R): R {
  process.stderr.write(`${what}: ${run.records} records in ${run.seconds.toFixed(1)} s\n`);
  return run;
}

async function createdOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^tintype_bridge_records_total\{outcome="created"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

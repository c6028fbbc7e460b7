/**
 * The baseline of the bridge: kafkajs and `fetch`, nothing else. A program of its own, so that its CPU and memory are
 * its own. Reads what to do from the command line as JSON; prints {records, seconds, cpuSeconds} when all are there.
 */
import process from "node:process";
import { Kafka, logLevel } from "kafkajs";

interface LoopArguments {
  readonly brokers: string;
  readonly topic: string;
  readonly group: string;
  readonly storage: string;
  readonly records: number;
  readonly uploadsAtOnce: number;
}

/** Large fetches are the loop's best: it waits for the last upload of each before it asks for the next. */
const MAX_BYTES_PER_PARTITION = 32 * 1024 * 1024;
const PARTITIONS_AT_ONCE = 4;

const { brokers, topic, group, storage, records, uploadsAtOnce } = JSON.parse(
  process.argv[2] ?? "{}",
) as LoopArguments; // what the suite writes
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({
  groupId: group,
  maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
  maxBytes: PARTITIONS_AT_ONCE * MAX_BYTES_PER_PARTITION,
  allowAutoTopicCreation: false,
});
const done = Promise.withResolvers<void>();
let startedMs = 0;
let cpuBefore = process.cpuUsage();
let count = 0;
consumer.on("consumer.group_join", () => {
  startedMs = performance.now();
  cpuBefore = process.cpuUsage();
});

async function upload(name: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const query = new URLSearchParams({ uploadType: "media", name, ifGenerationMatch: "0" });
  const response = await fetch(`${storage}/upload/storage/v1/b/tintype-raw/o?${query}`, {
    method: "POST",
    headers: { "content-type": "image/png" },
    body,
  });
  await response.text();
  if (response.status !== 200) throw new Error(`Storage answered ${response.status}`);
  if (++count === records) done.resolve();
}

await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
  eachBatch: async ({ batch: { partition, messages }, heartbeat }) => {
    const queue = messages.values();
    await Promise.all(Array.from({ length: uploadsAtOnce }, async () => {
      for (const { offset, value } of queue) {
        const bytes = value as Buffer<ArrayBuffer>; // a fetched value lies in memory of its own
        await upload(`bare/${group}/${partition}/${offset}`, bytes);
        await heartbeat();
      }
    }));
  },
});
await done.promise;
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const peakRssMib = process.resourceUsage().maxRSS / 1024;
const cpuSeconds = (user + system) / 1e6;
process.stdout.write(
  `${JSON.stringify({ event: "measured", records, seconds, cpuSeconds, peakRssMib })}\n`,
);
await consumer.disconnect();
process.exit(0);

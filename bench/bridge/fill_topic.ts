/** Makes a topic of four partitions and fills it with records of one size, round robin. Arguments come as JSON. */
import { randomFillSync } from "node:crypto";
import process from "node:process";
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import kafkajs from "kafkajs";
import { compress as compressSnappy } from "snappy";

interface FillArguments {
  readonly brokers: string;
  /** Made where they are not there; the first is filled. */
  readonly topics: readonly string[];
  readonly records: number;
  readonly bytes: number;
  /** Every so many records one has `largeBytes`; none where it is not given. */
  readonly largeEvery?: number;
  readonly largeBytes?: number;
  /** None where it is not given. */
  readonly codec?: "Snappy" | "ZSTD";
}

/** The signature of a PNG file and the type of its first chunk: enough for whoever looks at first bytes. */
const PNG_HEAD = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13);
const PARTITIONS = 4;
const BATCH_BYTES = 4 * 1024 * 1024;

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
const call = JSON.parse(process.argv[2] ?? "{}") as FillArguments; // what the suite writes
const { brokers, topics, records, bytes, largeEvery = Infinity, largeBytes = 0 } = call;
const compression = CompressionTypes[call.codec ?? "None"];
const zstd = promisify<Buffer, Buffer>(zstdCompress);
// kafkajs has none of these.
CompressionCodecs[CompressionTypes.Snappy] = () => codecOf(compressSnappy);
CompressionCodecs[CompressionTypes.ZSTD] = () => codecOf(zstd);
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer({ allowAutoTopicCreation: false });
await Promise.all([admin.connect(), producer.connect()]);
await admin.createTopics({
  waitForLeaders: true,
  topics: topics.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: 1 })),
});
const small = valueOf(bytes);
const large = valueOf(Math.max(largeBytes, bytes));
const headers = { "content-type": "image/png", "subject": "bench" };
const perBatch = Math.max(1, Math.floor(BATCH_BYTES / bytes));
for (let sent = 0; sent < records; sent += perBatch) {
  const messages = Array.from({ length: Math.min(perBatch, records - sent) }, (_, index) => ({
    partition: (sent + index) % PARTITIONS,
    value: (sent + index) % largeEvery === largeEvery - 1 ? large : small,
    headers,
  }));
  await producer.send({ topic: topics[0] ?? "", acks: -1, compression, messages });
}
await Promise.all([admin.disconnect(), producer.disconnect()]);
process.exit(0);

function codecOf(compress: (records: Buffer) => Promise<Buffer>) {
  return { compress: ({ buffer }: { readonly buffer: Buffer }) => compress(buffer) };
}

function valueOf(bytes: number): Buffer {
  const value = Buffer.alloc(bytes, 7);
  randomFillSync(value, 0, bytes >> 1); // half of it is compressible
  value.set(PNG_HEAD);
  value.write("IHDR", PNG_HEAD.length);
  return value;
}

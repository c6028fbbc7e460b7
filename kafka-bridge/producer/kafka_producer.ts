import type { Kafka, Producer } from "kafkajs";
import { kafkajsClient } from "../adapters/kafkajs_client.ts";
import { readTopicConfig } from "../adapters/topic_config.ts";
import type { KafkaEnv } from "../config/env.ts";
import { type Chunk, CHUNK_HEADERS } from "../delivery/chunk_headers.ts";

/** A picture as it goes into a record. */
interface OutgoingPicture {
  readonly name: string;
  readonly contentType: string;
  readonly subject: string;
  readonly value: Buffer;
  /** Which part of it the value is, where it goes in several records. */
  readonly chunk?: Chunk;
}

/** Where a record lies. */
export interface ProducedPlace {
  readonly partition: number;
  /** int64 in decimal. */
  readonly offset: string;
  /** LogAppendTime, in milliseconds since the epoch, in decimal. */
  readonly timestamp: string;
}

/** Sends pictures to one topic. */
export interface PictureProducer {
  /** The largest value that the topic takes with its headers, in bytes; undefined where Kafka does not tell. */
  readonly maxValueBytes: number | undefined;
  /** Resolves when all in-sync replicas have it. After an error nothing more may be sent. */
  send(picture: OutgoingPicture): Promise<ProducedPlace>;
  close(): Promise<void>;
}

const MAX_BYTES = "max.message.bytes";
const CHUNK_MULTIPLE = 256 * 1024;
const MAX_CHUNK_BYTES = 8 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECT_RETRIES = 3;
const SEND_RETRIES = 8;
/** Bytes that a record has beside its value: frame, key and headers of a producer's usual length. */
const RECORD_EXTRA_BYTES = 8 * 1024;

/** Connects and looks for the topic. Throws Error that says what is missing: a broker that answers, or the topic. */
export async function openPictureProducer(env: KafkaEnv, topic: string): Promise<PictureProducer> {
  const kafka = kafkajsClient(env, {
    clientId: "tintype-produce",
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    retry: { initialRetryTime: 200, retries: CONNECT_RETRIES },
  });
  const maxBytes = await askTopic(kafka, env, topic);
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { retries: SEND_RETRIES },
  });
  await producer.connect();
  return {
    maxValueBytes: maxBytes === undefined ? undefined : maxBytes - RECORD_EXTRA_BYTES,
    send: (picture) => send(producer, topic, picture),
    close: () => producer.disconnect(),
  };
}

/** The size of a chunk below a limit, in bytes: a multiple of Cloud Storage's, 8 MiB at most. */
export function chunkBytesOf(limitBytes: number): number {
  const multiple = Math.floor(Math.min(limitBytes, MAX_CHUNK_BYTES) / CHUNK_MULTIPLE);
  return multiple === 0 ? limitBytes : multiple * CHUNK_MULTIPLE;
}

async function send(
  producer: Producer,
  topic: string,
  { name, contentType, subject, value, chunk }: OutgoingPicture,
): Promise<ProducedPlace> {
  const headers = {
    "content-type": contentType,
    subject,
    ...(chunk === undefined ? {} : {
      [CHUNK_HEADERS.id]: chunk.id,
      [CHUNK_HEADERS.index]: String(chunk.index),
      [CHUNK_HEADERS.count]: String(chunk.count),
    }),
  };
  const [report] = await producer.send({
    topic,
    acks: -1,
    messages: [{ key: name, value, headers }],
  });
  const { partition, baseOffset, logAppendTime } = report ?? {};
  if (partition === undefined || baseOffset === undefined || logAppendTime === undefined) {
    throw new Error("Kafka did not say where the record lies");
  }
  return { partition, offset: baseOffset, timestamp: logAppendTime };
}

/** The topic's `max.message.bytes`; undefined where this client may not ask for it. */
async function askTopic(kafka: Kafka, env: KafkaEnv, topic: string): Promise<number | undefined> {
  const admin = kafka.admin();
  try {
    await admin.connect().catch((cause: unknown) => {
      throw new Error(`no broker answers at ${env.KAFKA_BROKERS.join(",")}`, { cause });
    });
    const topics = await admin.listTopics();
    if (!topics.includes(topic)) throw new Error(`there is no topic ${topic}`);
    const settings = await readTopicConfig(admin, topic, [MAX_BYTES]).catch(() => undefined);
    const bytes = Number(settings?.get(MAX_BYTES));
    return Number.isSafeInteger(bytes) ? bytes : undefined;
  } finally {
    await admin.disconnect();
  }
}

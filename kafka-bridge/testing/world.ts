/** Apache Kafka as a process of the package's tests, the local storage beside it, and the tests' own clients of both. */
import { randomUUID } from "node:crypto";
import process from "node:process";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { type Line, type Program, startProgram } from "@tintype/core/testing/start_program";
import { kafkajsClient } from "../adapters/kafkajs_client.ts";
import { readKafkaEnv } from "../config/env.ts";
import { openConfigBucket } from "./config_bucket.ts";
import { daysAround } from "./day_salts.ts";
import { startRecordsTopic } from "./records_topic.ts";
import { IMAGE_HEADERS } from "./fake_ports.ts";
import { rawStoreOf } from "./store.ts";
import { openTopics } from "./test_topics.ts";

const { CACHE_DIR } = process.env;
/** The first start on a machine fetches Kafka. */
const LISTENING_MS = 300_000;

/** Starts a broker; `env` says where it listens and keeps its data. */
export function startBroker(env: Readonly<Record<string, string>>): Program {
  return startProgram(["local/kafka/serve.ts"], {
    STOP_TIMEOUT_MS: "60000",
    ...(CACHE_DIR ? { CACHE_DIR } : {}),
    ...env,
  });
}

/** Waits until a broker listens; returns its line that says so, or why there can be no broker on this machine. */
export async function waitForBroker(broker: Program): Promise<Line | string> {
  try {
    return await broker.line("listening", LISTENING_MS);
  } catch (error) {
    const missing = broker.lines.find(({ event }) => event === "missing");
    if (missing === undefined) throw error;
    return String(missing["text"]);
  }
}

/** What tests on real brokers share. */
export type TestWorld = Awaited<ReturnType<typeof openWorld>>;

/** Starts the storage and connects to the brokers. */
export async function openWorld(urls: readonly string[]) {
  const kafka = kafkajsClient(readKafkaEnv({ KAFKA_BROKERS: urls.join() }), {
    clientId: "tests",
    retry: { retries: 20, maxRetryTime: 500 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  const storage = await startEmulator("storage");
  const store = rawStoreOf(storage);
  const config = await openConfigBucket(storage.url);
  await config.putDays(daysAround(Date.now()));
  const records = await startRecordsTopic();
  const brokers = urls.join(",");
  return {
    ...store,
    brokers,
    admin,
    config,
    records,
    /** A transaction over partition 0 of topics, of a producer of its own. */
    async beginTransaction() {
      const transactional = kafka.producer({
        transactionalId: randomUUID(),
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await transactional.connect();
      const transaction = await transactional.transaction();
      return {
        async send(topic: string, value: Uint8Array): Promise<void> {
          const message = { partition: 0, value: Buffer.from(value), headers: IMAGE_HEADERS };
          await transaction.send({ topic, messages: [message] });
        },
        async end(how: "abort" | "commit"): Promise<void> {
          await transaction[how]();
          await transactional.disconnect();
        },
      };
    },
    /** The topics of one test. */
    openTopics: () => openTopics({ kafka, admin, producer, brokers, store, config, records }),
    /** Ends everything but the brokers. */
    async close(): Promise<void> {
      await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
      await Promise.all([storage.stop(), records.close()]);
    },
  };
}

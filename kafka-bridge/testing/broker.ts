/** Apache Kafka as a process of the package's tests, and the tests' own clients of it. */
import process from "node:process";
import { type Admin, Kafka, logLevel, type Producer } from "kafkajs";
import { type Line, type Program, startProgram } from "@tintype/core/testing/start_program";

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

/** Clients of the tests, connected. */
export interface TestClients {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  close(): Promise<void>;
}

/** Connects the tests' own clients to brokers. */
export async function openClients(brokers: readonly string[]): Promise<TestClients> {
  const kafka = new Kafka({
    clientId: "tests",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 500 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  return {
    kafka,
    admin,
    producer,
    async close() {
      await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
    },
  };
}

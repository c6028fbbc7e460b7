import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@tintype/core/errors";
import type { Admin, Kafka } from "kafkajs";
import { causesOf } from "./causes_of.ts";
import { readTopicConfig } from "./topic_config.ts";

/** What to wait for, and for how long. */
interface WaitForTopicsOptions {
  /** Topics that are read; each must stamp its records itself. */
  readonly topics: readonly string[];
  readonly deadLetterTopic: string;
  /** Topics that are read where they are there, as the operators' redrive topics. */
  readonly optionalTopics: readonly string[];
  readonly timeoutMs: number;
  /** Called once, when the first look fails. */
  readonly onWaiting: (error: unknown) => void;
}

const POLL_MS = 500;
const TIMESTAMP_TYPE = "message.timestamp.type";

/**
 * Waits until Kafka answers and has every topic; answers which are to be read. Throws Error when it does not in time, and `invalid_config` at once
 * where a topic's timestamps are not LogAppendTime: a producer's own time would be another T0.
 * The client's own retries come on top: one that has none is right here.
 */
export async function waitForTopics(
  kafka: Kafka,
  options: WaitForTopicsOptions,
): Promise<string[]> {
  const deadlineMs = performance.now() + options.timeoutMs;
  let isFirst = true;
  for (;;) {
    try {
      return await lookOnce(kafka, options);
    } catch (error) {
      if (error instanceof AppError || isDenied(error)) throw error;
      if (isFirst) options.onWaiting(error);
      isFirst = false;
      if (performance.now() > deadlineMs) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** Whether the brokers do not take these credentials: that does not pass by waiting. */
function isDenied(error: unknown): boolean {
  return causesOf(error).some(({ name }) => name === "KafkaJSSASLAuthenticationError");
}

async function lookOnce(kafka: Kafka, options: WaitForTopicsOptions): Promise<string[]> {
  const { topics, optionalTopics, deadLetterTopic } = options;
  const admin = kafka.admin();
  try {
    await admin.connect();
    const held = new Set(await admin.listTopics());
    const missing = [...topics, deadLetterTopic].filter((topic) => !held.has(topic));
    if (missing.length > 0) {
      throw new Error(`Cannot find topic ${missing.join(", ")} in Kafka`);
    }
    const toRead = [...topics, ...optionalTopics.filter((topic) => held.has(topic))];
    await requireLogAppendTime(admin, toRead);
    return toRead;
  } finally {
    await admin.disconnect();
  }
}

async function requireLogAppendTime(admin: Admin, topics: readonly string[]): Promise<void> {
  for (const [topic, value] of await readTopicConfig(admin, topics, TIMESTAMP_TYPE)) {
    if (value === "LogAppendTime") continue;
    throw new AppError(
      "invalid_config",
      `Cannot read topic ${topic} as its ${TIMESTAMP_TYPE} must be LogAppendTime: current value is ${value}`,
    );
  }
}

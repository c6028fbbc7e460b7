import { Kafka, logLevel } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import { DEAD_LETTER_EXTRA_BYTES, MAX_MESSAGE_BYTES } from "./server_properties.ts";

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 250;
const PARTITIONS = 4;

interface TopicSpec {
  readonly retentionMs: number;
  readonly maxMessageBytes: number;
}

/** The topics of the local cloud. */
const TOPICS: Readonly<Record<string, TopicSpec>> = {
  "images": {
    retentionMs: RETENTION_BOUNDS.kafka.sourceMs,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  },
  "images.dlq": {
    retentionMs: RETENTION_BOUNDS.kafka.deadLettersMs,
    maxMessageBytes: MAX_MESSAGE_BYTES + DEAD_LETTER_EXTRA_BYTES,
  },
  "images.results": {
    retentionMs: RETENTION_BOUNDS.kafka.deadLettersMs,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  },
  "images.redrive": {
    retentionMs: RETENTION_BOUNDS.kafka.redriveMs,
    maxMessageBytes: MAX_MESSAGE_BYTES + DEAD_LETTER_EXTRA_BYTES,
  },
};

/**
 * Waits until the broker answers, of a cluster as many as a topic has replicas, and creates the topics that are not there
 * yet. Throws Error when it never answers.
 */
export async function prepareTopics(broker: string): Promise<void> {
  const kafka = new Kafka({
    clientId: "tintype-local",
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;; await sleep(POLL_MS)) {
    try {
      return await createTopics(kafka);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

async function createTopics(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const held = new Set(await admin.listTopics());
    const missing = Object.entries(TOPICS).filter(([topic]) => !held.has(topic));
    if (missing.length > 0) {
      await admin.createTopics({ waitForLeaders: true, topics: missing.map(topicConfig) });
    }
    // The group coordinator of a fresh broker loads late; a group can join only when this answers.
    await admin.describeGroups(["tintype-bridge"]);
  } finally {
    await admin.disconnect();
  }
}

function topicConfig([topic, { retentionMs, maxMessageBytes }]: [string, TopicSpec]) {
  const entries = {
    "retention.ms": retentionMs,
    "segment.ms": RETENTION_BOUNDS.kafka.segmentMs,
    "max.message.bytes": maxMessageBytes,
    "message.timestamp.type": "LogAppendTime",
  };
  const configEntries = Object.entries(entries)
    .map(([name, value]) => ({ name, value: String(value) }));
  return { topic, numPartitions: PARTITIONS, configEntries };
}

/** The topics of one test, what it sends and expects there, and the bridges that read them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { imageIdOfRecord } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { importPseudonymKey, pseudonymize } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import type { TestClients } from "./_broker_fixture.ts";
import { type Child, eventually, startChild } from "./_child_fixture.ts";
import { type Letter, readLetters } from "./dead_letters/read_letters.ts";
import { REDRIVE_SUFFIX } from "./origin.ts";

const PARTITIONS = 4;
/** Kafka's number of the resource type. */
const TOPIC_RESOURCE = 2;
const SECRET = "a pseudonym key for tests, 32 characters or more";
const TENANT = parseTenant("stream");

/** A record as it was produced. */
export interface Sent {
  readonly partition: number;
  readonly offset: string;
  readonly timestampMs: number;
}

/** The topics of one test and what runs over them. */
export interface Lane {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly group: string;
  startBridge(env?: Readonly<Record<string, string>>, program?: string): Child;
  /** Sends values round robin over the partitions, or to one, all of them to one subject; to the source or another topic. */
  send(
    values: readonly Uint8Array[],
    headers?: Readonly<Record<string, string>>,
    partition?: number,
    to?: string,
  ): Promise<Sent[]>;
  /** The name that the raw object of a record has. */
  nameOf(sent: Sent): Promise<string>;
  /** What is committed of each partition, -1 where nothing is. */
  committed(): Promise<Map<number, bigint>>;
  /** Waits until everything that was sent is behind the committed offsets. */
  caughtUp(timeoutMs?: number): Promise<void>;
  /** The dead letters that are there. */
  lettersNow(): Promise<Letter[]>;
  /** Waits for that many dead letters. */
  deadLetters(count: number): Promise<Letter[]>;
  createRedriveTopic(): Promise<void>;
  createTopic(): Promise<void>;
  createDeadLetterTopic(): Promise<void>;
  configure(topic: string, entries: Readonly<Record<string, string>>): Promise<void>;
  /** Kills the bridges that still run. */
  close(): Promise<void>;
}

/** What a lane runs on. */
export interface LaneParts extends Omit<TestClients, "close"> {
  readonly brokers: string;
  readonly storageUrl: string;
}

/** Creates the topics of a test, with as many replicas as the brokers give by default. */
export async function openLane(parts: LaneParts): Promise<Lane> {
  const { kafka, admin, producer, brokers, storageUrl } = parts;
  const bridges: Child[] = [];
  const topic = `images-${randomUUID()}`;
  const deadLetterTopic = `${topic}.dlq`;
  const group = `bridge-${topic}`;
  const createTopic = async (name: string) => {
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: name, numPartitions: PARTITIONS }],
    });
    // kafkajs's own wait gives up on a broker that has not heard of the topic from its controller yet, and takes one that
    // has for the leader of all partitions.
    await eventually(
      `${name}'s leaders`,
      () => admin.fetchTopicOffsets(name).then(() => true, () => undefined),
    );
  };
  await createTopic(topic);
  await createTopic(deadLetterTopic);
  const key = await importPseudonymKey(SECRET);
  const committed = async () => {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return new Map(
      (offsets?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]),
    );
  };
  const lettersNow = async () => {
    const letters: Letter[] = [];
    await readLetters(kafka, deadLetterTopic, async (letter) => void letters.push(letter));
    return letters;
  };
  return {
    topic,
    deadLetterTopic,
    group,
    committed,
    startBridge(env = {}, program = "kafka-bridge/main.ts") {
      const bridge = startChild([program], {
        PORT: "0",
        KAFKA_BROKERS: brokers,
        KAFKA_CLUSTER: "tests",
        KAFKA_TOPICS: topic,
        KAFKA_DEAD_LETTER_TOPIC: deadLetterTopic,
        KAFKA_GROUP: group,
        KAFKA_SESSION_TIMEOUT_MS: "2000",
        RAW_BUCKET: "tintype-raw",
        STORAGE_ENDPOINT: storageUrl,
        PSEUDONYM_KEYS: JSON.stringify([SECRET]),
        TENANT_PLANS: JSON.stringify({ kafkaTopics: { [topic]: { tenant: TENANT } } }),
        ...env,
      });
      bridges.push(bridge);
      return bridge;
    },
    async send(
      values,
      headers = { "content-type": "image/png", "subject": "ada" },
      only,
      to = topic,
    ) {
      return await Promise.all(values.map(async (value, index) => {
        const partition = only ?? index % PARTITIONS;
        const messages = [{ key: `k${index}`, value: Buffer.from(value), headers, partition }];
        const [place] = await producer.send({ topic: to, acks: -1, messages });
        assert.ok(place?.baseOffset !== undefined && place.logAppendTime !== undefined);
        return { partition, offset: place.baseOffset, timestampMs: Number(place.logAppendTime) };
      }));
    },
    async nameOf({ partition, offset, timestampMs }) {
      const place = { cluster: "tests", topic, partition, offset };
      const imageId = await imageIdOfRecord(place, timestampMs);
      return rawName({ tenant: TENANT, owner: await pseudonymize(key, TENANT, "ada"), imageId });
    },
    async caughtUp(timeoutMs = 30_000) {
      const ends = await admin.fetchTopicOffsets(topic);
      await eventually("the last commit", async () => {
        const now = await committed();
        const isThere = ends.every(({ partition, high }) =>
          high === "0" || (now.get(partition) ?? -1n) >= BigInt(high)
        );
        return isThere || undefined;
      }, timeoutMs);
    },
    lettersNow,
    async deadLetters(count) {
      return await eventually(`${count} dead letters`, async () => {
        const letters = await lettersNow();
        return letters.length >= count ? letters : undefined;
      });
    },
    createTopic: () => createTopic(topic),
    createDeadLetterTopic: () => createTopic(deadLetterTopic),
    createRedriveTopic: () => createTopic(`${topic}${REDRIVE_SUFFIX}`),
    async configure(name, entries) {
      const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
      const resources = [{ type: TOPIC_RESOURCE, name, configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    },
    async close() {
      await Promise.all(bridges.map((bridge) => bridge.kill("SIGKILL")));
    },
  };
}

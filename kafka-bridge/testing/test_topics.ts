/** The topics of one test, what it sends and expects there, and the bridges that read them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Admin, Kafka, KafkaMessage, Producer } from "kafkajs";
import { imageIdOfRecord } from "@tintype/core/model/image_id";
import { type ImageRef, rawName } from "@tintype/core/model/object_name";
import { deriveOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import type { TenantDocument } from "@tintype/core/model/tenant_plan";
import { dayOf } from "@tintype/core/model/utc_day";
import { eventually } from "@tintype/core/testing/eventually";
import { type Program, startProgram } from "@tintype/core/testing/start_program";
import { committedOffset } from "../adapters/committed_offset.ts";
import { TOPIC_RESOURCE } from "../adapters/topic_config.ts";
import { type Letter, readLetters } from "../dead_letters/read_letters.ts";
import { commitAsMember } from "../dead_letters/skip_batch.ts";
import { REDRIVE_SUFFIX, RESULTS_SUFFIX } from "../delivery/origin.ts";
import { parseCounts } from "../delivery/partition_counts.ts";
import { bridgeEnv } from "./bridge_env.ts";
import type { ConfigBucket } from "./config_bucket.ts";
import { PSEUDONYM_KEYS, saltOf } from "./day_salts.ts";
import { IMAGE_HEADERS } from "./fake_ports.ts";
import type { RecordsTopic } from "./records_topic.ts";
import type { RawStore } from "./store.ts";

const PARTITIONS = 4;
const NO_QUOTA = { imagesPerDay: 1_000_000_000, bytesPerDay: 1_000_000_000_000_000 };
const TENANT = parseTenant("stream");

/** A record as it was produced. */
export interface Sent {
  readonly partition: number;
  readonly offset: string;
  readonly timestampMs: number;
}

/** What a test's topics lie on. */
interface TopicsParts {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly brokers: string;
  readonly store: RawStore;
  readonly config: ConfigBucket;
  readonly records: RecordsTopic;
}

/** The topics of one test and what runs over them. */
export type TestTopics = Awaited<ReturnType<typeof openTopics>>;

/** Creates the topics of a test, with as many replicas as the brokers give by default. */
export async function openTopics(parts: TopicsParts) {
  const { kafka, admin, producer, brokers, store, config, records } = parts;
  const topic = `images-${randomUUID()}`;
  const { KAFKA_DEAD_LETTER_TOPIC: deadLetterTopic, KAFKA_GROUP: group } = bridgeEnv(topic);
  const bridges: Program[] = [];
  const folders: string[] = [];

  async function create(name: string): Promise<void> {
    const topics = [{ topic: name, numPartitions: PARTITIONS }];
    await admin.createTopics({ waitForLeaders: false, topics });
    // kafkajs's own wait gives up on a broker that has not heard of the topic from its controller yet, and takes one that
    // has for the leader of all partitions.
    await eventually(
      `${name}'s leaders`,
      () => admin.fetchTopicOffsets(name).then(() => true, () => false),
    );
  }

  /** What is committed of each partition, -1 where nothing is. */
  async function committed(): Promise<Map<number, bigint>> {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return new Map(
      (offsets?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]),
    );
  }

  /** The dead letters that are there. */
  async function lettersNow(): Promise<Letter[]> {
    const letters: Letter[] = [];
    await readLetters(kafka, deadLetterTopic, async (letter) => void letters.push(letter));
    return letters;
  }

  /** The image of a record. */
  async function refOf({ partition, offset, timestampMs }: Sent): Promise<ImageRef> {
    const position = { cluster: "tests", topic, partition, offset };
    const imageId = await imageIdOfRecord(position, timestampMs);
    const caller = { tenant: TENANT, subject: "ada" };
    const owner = await deriveOwner(PSEUDONYM_KEYS, saltOf(timestampMs), caller);
    return { tenant: TENANT, owner, imageId };
  }

  /** The name that the raw object of a record has. */
  const nameOf = async (sent: Sent) => rawName(await refOf(sent));

  /** Gives the topic to its tenant, with these limits; it takes effect in bridges that start now. */
  const setLimits = (
    limits: TenantDocument,
    plan: Partial<NonNullable<TenantDocument["kafkaTopics"]>[string]> = {},
  ) =>
    config.putTenant(TENANT, {
      ...NO_QUOTA,
      ...limits,
      kafkaTopics: { [topic]: { allowTenantHeader: false, ...plan } },
    });

  await setLimits({});
  await create(topic);
  await create(deadLetterTopic);
  return {
    topic,
    deadLetterTopic,
    group,
    committed,
    lettersNow,
    nameOf,
    refOf,
    setLimits,
    /** Takes the topic from its tenant, for bridges that start now. */
    disown: () => config.putTenant(TENANT, {}),
    /** The records of refusals that were published, oldest first. */
    refusals: () => records.of(topic),
    startBridge(env: Readonly<Record<string, string>> = {}, program = "kafka-bridge/main.ts") {
      const bridge = startProgram([program], {
        ...bridgeEnv(topic),
        KAFKA_BROKERS: brokers,
        KAFKA_SESSION_TIMEOUT_MS: "2000",
        STORAGE_ENDPOINT: store.url,
        PUBSUB_ENDPOINT: records.url,
        ...env,
      });
      bridges.push(bridge);
      return bridge;
    },
    /** Sends values round robin over the partitions, or to one, all of them to one subject; to the source or another topic. */
    async send(
      values: readonly Uint8Array[],
      headers: Readonly<Record<string, string>> = IMAGE_HEADERS,
      only?: number,
      to = topic,
      timestamp?: string,
    ): Promise<Sent[]> {
      return await Promise.all(values.map(async (value, index) => {
        const partition = only ?? index % PARTITIONS;
        const dated = timestamp === undefined ? {} : { timestamp };
        const message = { key: `k${index}`, value: Buffer.from(value), headers, partition };
        const messages = [{ ...message, ...dated }];
        const [place] = await producer.send({ topic: to, acks: -1, messages });
        assert.ok(place?.baseOffset !== undefined && place.logAppendTime !== undefined);
        return { partition, offset: place.baseOffset, timestampMs: Number(place.logAppendTime) };
      }));
    },
    /** Commits an offset as a member, and beside it that so many images of today are taken. */
    async commitCounted(partition: number, offset: string, images: number): Promise<void> {
      const [day, count] = [dayOf(Date.now()), `${images}.${images}`];
      const metadata = `q1 ${day}/${TENANT}=${[count, count, count].join(".")}`;
      await commitAsMember(kafka, group, { topic, partition, offset, metadata });
    },
    /** How many images the group counts beside a partition's offset. */
    async imagesCounted(partition: number): Promise<number> {
      const { metadata } = await committedOffset(admin, group, { topic, partition });
      return [...parseCounts(metadata).values()].reduce((sum, { used }) => sum + used.images, 0);
    },
    /** How many of these records are raw objects. */
    async stored(sent: readonly Sent[]): Promise<number> {
      const held = new Set(await store.names());
      return (await Promise.all(sent.map(nameOf))).filter((name) => held.has(name)).length;
    },
    /** A folder with these files, which is removed with the bridges. */
    async folderWith(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), "tintype-topics-"));
      folders.push(folder);
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
      return folder;
    },
    /** Waits until everything that was sent is behind the committed offsets. */
    async caughtUp(timeoutMs = 30_000): Promise<void> {
      // A connection to a broker that died just now fails the first question.
      const answer = <Value>(asked: Promise<Value>) => asked.catch(() => undefined);
      const ends = await eventually("ends", () => answer(admin.fetchTopicOffsets(topic)));
      await eventually("the last commit", async () => {
        const now = await answer(committed());
        return now !== undefined &&
          ends.every(({ partition, high }) =>
            high === "0" || (now.get(partition) ?? -1n) >= BigInt(high)
          );
      }, timeoutMs);
    },
    /** Waits for that many dead letters. */
    async deadLetters(count: number): Promise<Letter[]> {
      return await eventually(`${count} dead letters`, async () => {
        const letters = await lettersNow();
        return letters.length >= count && letters;
      });
    },
    createTopic: () => create(topic),
    createDeadLetterTopic: () => create(deadLetterTopic),
    createRedriveTopic: () => create(`${topic}${REDRIVE_SUFFIX}`),
    /** Waits for that many results. */
    async results(count: number): Promise<KafkaMessage[]> {
      return await eventually(`${count} results`, async () => {
        const results: KafkaMessage[] = [];
        const read = async ({ record }: Letter) => void results.push(record);
        await readLetters(kafka, topic + RESULTS_SUFFIX, read);
        return results.length >= count && results;
      });
    },
    createResultsTopic: () => create(topic + RESULTS_SUFFIX),
    async configure(name: string, entries: Readonly<Record<string, string>>): Promise<void> {
      const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
      const resources = [{ type: TOPIC_RESOURCE, name, configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    },
    /** Kills the bridges that still run. */
    async close(): Promise<void> {
      await Promise.all(bridges.map((bridge) => bridge.kill("SIGKILL")));
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
    },
  };
}

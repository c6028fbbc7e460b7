/** A real broker and the local storage for the room's tests, on ports of their own; each test has topics of its own. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { imageIdOfRecord } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { importPseudonymKey, pseudonymize } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { type Admin, Kafka, logLevel, type Producer } from "kafkajs";
import { type Certificates, makeCertificates } from "./_certificates_fixture.ts";
import { type Child, eventually, startChild } from "./_child_fixture.ts";
import { type Letter, readLetters } from "./dead_letters/read_letters.ts";
import { REDRIVE_SUFFIX } from "./origin.ts";

const PARTITIONS = 4;
/** Kafka's numbers of resource types. */
const RESOURCE = { topic: 2, group: 3 } as const;
const LITERAL_PATTERN = 3;
/** Kafka's numbers of operations and of what a rule says of them. */
const OPERATION = { all: 2, read: 3, write: 4, describe: 8, describeConfigs: 10 } as const;
const PERMISSION = { deny: 2, allow: 3 } as const;
const SECRET = "a pseudonym key for tests, 32 characters or more";
const SECURE_USERNAME = "bridge";
const SECURE_PASSWORD = "a password for tests";
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

/** The broker, the storage, and a way to talk to each. */
export interface Cloud {
  readonly admin: Admin;
  readonly brokers: string;
  /** The bridge's variables for the listener with TLS and SASL/SCRAM. */
  readonly secure: Readonly<Record<string, string>>;
  /** The bridge's variables for the listener that wants a certificate. */
  readonly mutual: Readonly<Record<string, string>>;
  /** The bridge's variables for the listener that wants a certificate and SASL/SCRAM. */
  readonly secureMutual: Readonly<Record<string, string>>;
  readonly certificates: Certificates;
  lane(): Promise<Lane>;
  /** Names of the raw objects, ascending. */
  names(): Promise<string[]>;
  /** MD5 of each raw object, in base64, by its name. */
  objects(): Promise<Map<string, string>>;
  fault(fault: unknown): Promise<void>;
  clearFaults(): Promise<void>;
  /** Kills the broker and starts it again over the same data and port. */
  restartBroker(): Promise<void>;
  /** Runs something while the broker is there and silent. */
  whileSilent<Answer>(run: () => Promise<Answer>): Promise<Answer>;
  /** Lets the user of `secure` do that about a topic or a group, and nothing else. */
  allow(
    kind: keyof typeof RESOURCE,
    name: string,
    operations: readonly (keyof typeof OPERATION)[],
  ): Promise<void>;
  /** Forbids the user of `secure` everything about a topic or a group. */
  forbid(kind: keyof typeof RESOURCE, name: string): Promise<void>;
  /** Ends everything; answers the broker's exit code. */
  close(): Promise<number | string>;
}

/** Starts broker and storage; answers why there can be no broker where that is so. */
export async function startCloud(): Promise<Cloud | string> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-bridge-"));
  const certificates = await makeCertificates(folder);
  if (typeof certificates === "string") {
    await rm(folder, { recursive: true, force: true });
    return certificates;
  }
  const startBroker = (port: string) =>
    startChild(["infra/local/kafka/serve.ts"], {
      PORT: port,
      CONTROLLER_PORT: "0",
      DATA_DIR: join(folder, "kafka"),
      SECURE_PORT: "0",
      SECURE_USERNAME,
      SECURE_PASSWORD,
      MUTUAL_PORT: "0",
      MUTUAL_KEYSTORE: certificates.brokerFile,
      MUTUAL_TRUSTSTORE: certificates.caFile,
      SECURE_MUTUAL_PORT: "0",
      STOP_TIMEOUT_MS: "60000",
      ...(process.env["CACHE_DIR"] ? { CACHE_DIR: process.env["CACHE_DIR"] } : {}),
    });
  let broker = startBroker("0");
  const url = await broker.line("listening", 300_000).catch(async (error) => {
    const missing = broker.lines.find(({ event }) => event === "missing");
    await rm(folder, { recursive: true, force: true });
    if (missing === undefined) throw error;
    return { missing: String(missing["text"]) };
  });
  if ("missing" in url) return String(url["missing"]);
  const brokers = String(url["url"]);
  const storage = startChild(["infra/local/storage/serve.ts"], {
    PORT: "0",
    DATA_DIR: join(folder, "storage"),
    ISSUER_URL: "http://127.0.0.1:9",
    PROCESSOR_URL: "http://127.0.0.1:9",
  });
  const storageUrl = String((await storage.line("listening"))["url"]);
  const kafka = new Kafka({
    clientId: "tests",
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 500 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  const control = async (method: string, body?: unknown) => {
    const response = await fetch(`${storageUrl}/_local/faults`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(response.ok, await response.text());
  };
  const user = {
    KAFKA_SASL_MECHANISM: "scram-sha-512",
    KAFKA_SASL_USERNAME: SECURE_USERNAME,
    KAFKA_SASL_PASSWORD: SECURE_PASSWORD,
  };
  const certified = {
    KAFKA_TLS: "true",
    KAFKA_TLS_CA: certificates.ca,
    KAFKA_TLS_CERT: certificates.client.cert,
    KAFKA_TLS_KEY: certificates.client.key,
  };
  return {
    admin,
    brokers,
    secure: {
      KAFKA_BROKERS: String(url["secureUrl"]),
      KAFKA_TLS: "true",
      KAFKA_TLS_CA: String(url["certificate"]),
      ...user,
    },
    mutual: { KAFKA_BROKERS: String(url["mutualUrl"]), ...certified },
    secureMutual: { KAFKA_BROKERS: String(url["secureMutualUrl"]), ...certified, ...user },
    certificates,
    lane: () => openLane({ kafka, admin, producer, brokers, storageUrl }),
    names: async () => [...(await objectsOf(storageUrl)).keys()].sort(),
    objects: () => objectsOf(storageUrl),
    fault: (fault) => control("POST", fault),
    clearFaults: () => control("DELETE"),
    async restartBroker() {
      await broker.kill("SIGKILL");
      broker = startBroker(brokers.split(":")[1] ?? "");
      await broker.line("listening");
    },
    async whileSilent(run) {
      process.kill(-broker.pid, "SIGSTOP");
      try {
        return await run();
      } finally {
        process.kill(-broker.pid, "SIGCONT");
      }
    },
    async allow(kind, name, operations) {
      const rules = operations.map((each) =>
        ruleOf(kind, name, { operation: OPERATION[each], permissionType: PERMISSION.allow })
      );
      await admin.createAcls({ acl: rules });
    },
    async forbid(kind, name) {
      const rule = { operation: OPERATION.all, permissionType: PERMISSION.deny };
      await admin.createAcls({ acl: [ruleOf(kind, name, rule)] });
    },
    async close() {
      await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
      const code = await broker.kill("SIGTERM");
      await storage.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** A rule about the user of `secure`. */
function ruleOf(
  kind: keyof typeof RESOURCE,
  resourceName: string,
  rule: { readonly operation: number; readonly permissionType: number },
) {
  return {
    resourceType: RESOURCE[kind],
    resourceName,
    resourcePatternType: LITERAL_PATTERN,
    principal: `User:${SECURE_USERNAME}`,
    host: "*",
    ...rule,
  };
}

interface LaneParts {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly brokers: string;
  readonly storageUrl: string;
}

async function openLane(parts: LaneParts): Promise<Lane> {
  const { kafka, admin, producer, brokers, storageUrl } = parts;
  const bridges: Child[] = [];
  const topic = `images-${randomUUID()}`;
  const deadLetterTopic = `${topic}.dlq`;
  const group = `bridge-${topic}`;
  const createTopic = async (name: string) => {
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: name, numPartitions: PARTITIONS, replicationFactor: 1 }],
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
        GOOGLE_CLOUD_PROJECT: "tintype-local",
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
      const resources = [{ type: RESOURCE.topic, name, configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    },
    async close() {
      await Promise.all(bridges.map((bridge) => bridge.kill("SIGKILL")));
    },
  };
}

async function objectsOf(storageUrl: string): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for (let pageToken: string | undefined = "";;) {
    const query = `fields=items(name,md5Hash),nextPageToken&maxResults=1000&pageToken=${pageToken}`;
    const response = await fetch(`${storageUrl}/storage/v1/b/tintype-raw/o?${query}`);
    const page = await response.json() as {
      readonly items?: readonly { readonly name: string; readonly md5Hash: string }[];
      readonly nextPageToken?: string;
    }; // Cloud Storage's list
    for (const { name, md5Hash } of page.items ?? []) objects.set(name, md5Hash);
    if (page.nextPageToken === undefined) return objects;
    pageToken = encodeURIComponent(page.nextPageToken);
  }
}

/**
 * Sends pictures through Kafka with the project's own producer, works out the ids that their records' places
 * give, and waits for each at the edge, as its owner would; what the bridge refuses is found among the dead letters.
 */
import type { Picture } from "@tintype/cli/find_pictures";
import { TintypeClient } from "@tintype/client/client";
import { outcomeOf } from "@tintype/client/command/send_pictures";
import { UploadError } from "@tintype/client/problem";
import { forEachBounded } from "@tintype/core/concurrency";
import { imageIdOfRecord } from "@tintype/core/model/image_id";
import { Kafka, logLevel } from "kafkajs";
import { inOwnGroup, startReading } from "@tintype/kafka-bridge/dead_letters/own_group";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import * as z from "zod";
import { LOCAL, URLS } from "./local_names.ts";
import { type PictureResult, type SendOptions, tokensOf } from "./send_pictures.ts";

/** Where the broker is and what runs the producer. */
interface KafkaSendOptions extends SendOptions {
  readonly brokers: string;
  readonly root: string;
  readonly node: string;
}

/** Pictures of one subject, so that no owner's rate limit stands in the way of asking for them. */
const PICTURES_PER_SUBJECT = 12;
const READY_TIMEOUT_MS = 180_000;
const producedSchema = z.object({
  file: z.string(),
  topic: z.string(),
  partition: z.number(),
  offset: z.string(),
  timestamp: z.string(),
});

/** Sends every picture as a record; a result for each, rows not yet looked up. */
export async function sendThroughKafka(
  pictures: readonly Picture[],
  options: KafkaSendOptions,
): Promise<PictureResult[]> {
  const kafka = new Kafka({
    clientId: "tintype-start",
    brokers: options.brokers.split(","),
    logLevel: logLevel.NOTHING,
  });
  return await inOwnGroup(kafka, async (_, consumer) => {
    /** Reasons by `partition/offset` of the refused record. */
    const refused = new Map<string, string>();
    await startReading(consumer, LOCAL.kafka.deadLetterTopic, async ({ headers }) => {
      const text = (name: string) => String(headers?.[name] ?? "");
      const place = ["partition", "offset"].map((part) => text(`__connect.errors.${part}`));
      refused.set(place.join("/"), text("tintype.reason"));
    });
    const results: PictureResult[] = [];
    // Each is followed as it comes, without waiting for the one before.
    await forEachBounded(produceAll(pictures, options), Infinity, async (sent) => {
      results.push(await follow(sent, { refused, ...options }));
    });
    const order = new Map(pictures.map(({ name }, index) => [name, index]));
    return results.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0));
  });
}

type Produced = z.infer<typeof producedSchema>;

/** A picture and the record that it became. */
interface SentRecord {
  readonly picture: Picture;
  readonly record: Produced;
  readonly subject: string;
}

/** Produces every picture, so many for each subject. */
async function* produceAll(
  pictures: readonly Picture[],
  options: KafkaSendOptions,
): AsyncGenerator<SentRecord> {
  const byPath = new Map(pictures.map((picture) => [picture.path, picture]));
  for (let from = 0; from < pictures.length; from += PICTURES_PER_SUBJECT) {
    options.signal.throwIfAborted();
    const subject = `stream-${from / PICTURES_PER_SUBJECT}`;
    const files = pictures.slice(from, from + PICTURES_PER_SUBJECT).map(({ path }) => path);
    for await (const record of produce(files, { ...options, subject })) {
      const picture = byPath.get(record.file);
      if (picture !== undefined) yield { picture, record, subject };
    }
  }
}

/**
 * Runs `deno task produce`'s program and yields what it says of each record; ends it when the signal comes. Throws Error
 * with its last words.
 */
async function* produce(
  files: readonly string[],
  { brokers, root, node, subject, signal }: KafkaSendOptions & { readonly subject: string },
): AsyncGenerator<Produced> {
  const flags = [
    "--json",
    "--brokers",
    brokers,
    "--topic",
    LOCAL.kafka.topic,
    "--subject",
    subject,
  ];
  const child = spawn(node, ["kafka-bridge/produce.ts", ...flags, ...files], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let words = "";
  child.stderr.on("data", (chunk) => words += String(chunk));
  const ended = once(child, "exit");
  ended.catch(() => undefined); // heard below
  for await (const line of createInterface({ input: child.stdout })) {
    yield producedSchema.parse(JSON.parse(line));
  }
  const [code] = await ended;
  if (code !== 0) {
    throw new Error(`The producer ended with an error: ${words.trim().slice(-300)}`);
  }
}

async function follow(
  { picture, record, subject }: SentRecord,
  { refused, signal, onDone }: SendOptions & { readonly refused: ReadonlyMap<string, string> },
): Promise<PictureResult> {
  const { topic, partition, offset } = record;
  const imageId = await imageIdOfRecord(
    { cluster: LOCAL.kafka.cluster, topic, partition, offset },
    Number(record.timestamp),
  );
  const acceptedAt = performance.now();
  const facts = {
    file: picture.name,
    door: "kafka",
    imageId,
    bytes: (await stat(picture.path)).size,
    renditions: 0,
    row: false,
    event: false,
    readyMs: null,
  } as const;
  const client = new TintypeClient({
    edge: URLS.edge,
    token: tokensOf(subject, LOCAL.kafka.tenant),
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let result: PictureResult = { ...facts, status: "lost", reason: "timeout" };
  while (Date.now() < deadline && !signal.aborted) {
    const reason = refused.get(`${partition}/${offset}`);
    if (reason !== undefined) {
      result = { ...facts, imageId: null, status: "refused", reason };
      break;
    }
    try {
      const image = await client.waitUntilReady(imageId, { timeoutMs: 3_000, signal });
      result = {
        ...facts,
        ...outcomeOf(image),
        readyMs: Math.round(performance.now() - acceptedAt),
      };
      break;
    } catch (error) {
      // Not in the bucket yet looks like an id that never was.
      if (!(error instanceof UploadError)) throw error;
    }
  }
  onDone(result);
  return result;
}

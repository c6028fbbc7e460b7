import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Client, TintypeClient } from "@tintype/client/client";
import { forEachBounded } from "@tintype/core/concurrency";
import { imageIdOfRecord } from "@tintype/core/model/image_id";
import { PORTS, URLS } from "@tintype/local/start/local_names";
import { tokenFor } from "../_cloud.ts";
import type { Picture } from "./pictures.ts";
import type { Source } from "./troubled_system.ts";

/** A picture that a source has taken. */
export interface Sent {
  readonly picture: Picture;
  readonly source: Source;
  readonly imageId: string;
  /** Its owner's client; only of pictures of the edge's source. */
  readonly client?: Client;
}

/** What sending came to. */
export interface Sending {
  readonly sent: readonly Sent[];
  /** Pictures that their source did not take, with its last words. */
  readonly refused: readonly { readonly picture: Picture; readonly reason: string }[];
  /** Digests of pictures whose producer died unanswered: their first record may be there beside the second. */
  readonly unsure: ReadonlySet<string>;
}

/** How to send. */
export interface SendOptions {
  /** Called for each picture that a source has taken. */
  readonly onTaken: () => void;
  /** Ends sending; what was not taken by then is refused. */
  readonly signal: AbortSignal;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PICTURES_AT_ONCE = 6;
const SUBJECTS = 24;
const RECORDS_PER_PRODUCER = 20;
const PRODUCERS_AT_MOST = 20;
const PRODUCER_PAUSE_MS = 1_000;

/** Uploads pictures through the edge with the project's client, several at once, each until it is taken or refused. */
export async function sendThroughEdge(
  pictures: readonly Picture[],
  { onTaken, signal }: SendOptions,
): Promise<Sending> {
  const sent: Sent[] = [];
  const refused: { picture: Picture; reason: string }[] = [];
  await forEachBounded(pictures.entries(), PICTURES_AT_ONCE, async ([index, picture]) => {
    const subject = `trouble-${index % SUBJECTS}`;
    const client = new TintypeClient({ edge: URLS.edge, token: () => tokenFor(subject) });
    try {
      const file = new Blob([picture.bytes], { type: "image/png" });
      const { imageId } = await client.upload(file, { signal });
      sent.push({ picture, source: "edge", imageId, client });
      onTaken();
    } catch (error) {
      refused.push({ picture, reason: String(error) });
    }
  });
  return { sent, refused, unsure: new Set() };
}

/** Sends pictures as records with the project's producer; one that dies is followed by another with what is left. */
export async function sendThroughKafka(
  pictures: readonly Picture[],
  { onTaken, signal }: SendOptions,
): Promise<Sending> {
  const sent: Sent[] = [];
  const unsure = new Set<string>();
  let reason = "";
  let left = [...pictures];
  let deaths = 0;
  while (left.length > 0 && deaths < PRODUCERS_AT_MOST && !signal.aborted) {
    const batch = left.slice(0, RECORDS_PER_PRODUCER);
    const before = sent.length;
    const words = await produce(batch, async (picture, record) => {
      sent.push({ picture, source: "kafka", imageId: await idOf(record) });
      onTaken();
    });
    left = left.slice(sent.length - before);
    if (words === undefined) continue;
    reason = words;
    deaths++;
    if (left[0] !== undefined) unsure.add(left[0].sha256);
    await sleep(PRODUCER_PAUSE_MS);
  }
  return { sent, unsure, refused: left.map((picture) => ({ picture, reason })) };
}

interface ProducedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly timestamp: string;
}

/** Runs the producer over a few pictures, in their order; its last words where it failed. */
async function produce(
  pictures: readonly Picture[],
  onRecord: (picture: Picture, record: ProducedRecord) => Promise<void>,
): Promise<string | undefined> {
  const args = ["--disable-warning=TimeoutNegativeWarning", "kafka-bridge/produce.ts", "--json"];
  const where = ["--brokers", `localhost:${PORTS.kafka}`, "--subject", "trouble"];
  const call = [...args, ...where, ...pictures.map(({ path }) => path)];
  const node = join(ROOT, "node_modules/.bin/node");
  const child = spawn(node, call, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  child.stderr.on("data", (chunk) => words = `${words}${chunk}`.slice(-500));
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  const queue = pictures.values();
  for await (const line of createInterface({ input: child.stdout })) {
    const { value: picture } = queue.next();
    if (picture !== undefined) await onRecord(picture, JSON.parse(line));
  }
  return await ended === 0 ? undefined : words.trim();
}

async function idOf({ topic, partition, offset, timestamp }: ProducedRecord): Promise<string> {
  const position = { cluster: "local", topic, partition, offset };
  return await imageIdOfRecord(position, Number(timestamp));
}

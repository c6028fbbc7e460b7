/** The topic of records in the local Pub/Sub, and a subscription of the tests' own that pulls from it. */
import assert from "node:assert/strict";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import type { ImageRecord } from "@tintype/core/model/image_record";
import { bridgeEnv } from "./bridge_env.ts";

/** A message as it was published. */
export interface PublishedRecord {
  readonly row: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A topic that runs. */
export type RecordsTopic = Awaited<ReturnType<typeof startRecordsTopic>>;

/** The subscription that the bridge pulls; its messages come from every test. */
export const RESULTS_SUBSCRIPTION = "tintype-images-results";
const TOPIC = "tintype-images";
const PROJECT = `projects/${bridgeEnv().GOOGLE_CLOUD_PROJECT}`;
const SUBSCRIPTION = `${PROJECT}/subscriptions/bridge-tests`;
const FAULTS = "/_local/faults";
const DOWN = { match: { path: ":publish" }, times: 1_000_000, action: { status: 503 } };
const MOST_PULLED = 1_000;

/** Starts the local Pub/Sub. */
export async function startRecordsTopic() {
  const { url, control, stop } = await startEmulator("pubsub");
  const published: PublishedRecord[] = [];
  const ask = async (method: string, path: string, body: unknown) => {
    const response = await fetch(`${url}/v1/${path}`, { method, body: JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const collect = async () => {
    for (;;) {
      const most = { maxMessages: MOST_PULLED, returnImmediately: true };
      const { receivedMessages = [] }: PullResponse = await ask(
        "POST",
        `${SUBSCRIPTION}:pull`,
        most,
      );
      if (receivedMessages.length === 0) return;
      published.push(...receivedMessages.map(({ message }) => recordOf(message)));
      const ackIds = receivedMessages.map(({ ackId }) => ackId);
      await ask("POST", `${SUBSCRIPTION}:acknowledge`, { ackIds });
    }
  };
  await ask("PUT", SUBSCRIPTION, { topic: `${PROJECT}/topics/${TOPIC}` });
  return {
    url,
    /** What was published of a Kafka topic, oldest first. */
    async of(topic: string): Promise<readonly PublishedRecord[]> {
      await collect();
      return published.filter(({ attributes }) => attributes["origin"]?.startsWith(`${topic}/`));
    },
    /** Publishes a record as the processor does. */
    async publish({ row, attributes: given }: ImageRecord): Promise<void> {
      const attributes = JSON.parse(JSON.stringify(given)); // without those that are undefined
      const data = Buffer.from(JSON.stringify(row)).toString("base64");
      await ask("POST", `${PROJECT}/topics/${TOPIC}:publish`, { messages: [{ data, attributes }] });
    },
    /** Pub/Sub takes nothing until it is up again. */
    setDown: () => control("POST", FAULTS, DOWN),
    setUp: () => control("DELETE", FAULTS),
    close: () => stop(),
  };
}

interface WireMessage {
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Pub/Sub's response to a pull. */
interface PullResponse {
  readonly receivedMessages?: readonly { readonly ackId: string; readonly message: WireMessage }[];
}

function recordOf({ data, attributes }: WireMessage): PublishedRecord {
  const row: unknown = JSON.parse(Buffer.from(data, "base64").toString());
  assert.ok(typeof row === "object" && row !== null);
  return { row: { ...row }, attributes };
}

import { forEachBounded } from "@tintype/core/concurrency";
import { makeImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { type ImageRef, rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { LOCAL, URLS } from "@tintype/local/start/local_names";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import { acknowledge, pull } from "@tintype/pubsub/pull";
import { setTimeout as sleep } from "node:timers/promises";

const ACCESS = { endpoint: URLS.pubsub };
const PROJECT = `projects/${LOCAL.project}`;
const SEEN = `${PROJECT}/subscriptions/bench`;
const OWNER = parseOwner("abcdefghijklmnopqrst");
const CONNECTIONS = 16;

/** An image that was accepted or whose erasure was asked for, and what became of it. */
export interface Sent {
  readonly ref: ImageRef;
  readonly atMs: number;
  /** Milliseconds until its record was published. */
  readonly endedMs: Promise<number>;
}

/** Images whose objects are created as the sources create them, and the records that come of them. */
export class Senders {
  readonly #raw = gcsObjectStore({ bucket: LOCAL.rawBucket, endpoint: URLS.storage });
  readonly #erasures = gcsObjectStore({ bucket: LOCAL.erasuresBucket, endpoint: URLS.storage });
  readonly #waiting = new Map<string, (publishedMs: number) => void>();
  readonly #ending = new AbortController();

  /** Begins to read records. */
  async open(): Promise<void> {
    const topic = `${PROJECT}/topics/tintype-images`;
    const body = JSON.stringify({ topic });
    const made = await fetch(`${URLS.pubsub}/v1/${SEEN}`, { method: "PUT", body });
    if (!made.ok) throw new Error(`Cannot read records: ${await made.text()}`);
    void this.#read().catch(() => undefined); // closed
  }

  close(): void {
    this.#ending.abort();
  }

  /** Creates a raw object of a tenant. */
  async upload(tenant: string, bytes: Uint8Array<ArrayBuffer>): Promise<Sent> {
    const imageId = makeImageId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    const ref = { tenant: parseTenant(tenant), owner: OWNER, imageId };
    const sent = this.#expect(ref, "ready");
    await this.#raw.create(rawName(ref), bytes, {
      contentType: "image/jpeg",
      customTimeMs: t0OfImageId(imageId),
      metadata: { source: "edge" },
    });
    return sent;
  }

  /** Creates the erasure request of an image. */
  async erase(ref: ImageRef): Promise<Sent> {
    const sent = this.#expect(ref, "erased");
    await this.#erasures.create(rawName(ref), new Uint8Array(), {
      contentType: "application/octet-stream",
      customTimeMs: t0OfImageId(ref.imageId),
      metadata: {},
    });
    return sent;
  }

  /** Uploads the same image many times as fast as it goes. */
  async flood(tenant: string, bytes: Uint8Array<ArrayBuffer>, count: number): Promise<Sent[]> {
    const all: Sent[] = [];
    await forEachBounded(Array(count).keys(), CONNECTIONS, async () => {
      all.push(await this.upload(tenant, bytes));
    });
    return all;
  }

  /** Where the messages of a subscription are. */
  async counts(
    id: string,
  ): Promise<Readonly<Record<"queued" | "delivering" | "delivered", number>>> {
    const { subscriptions } = await (await fetch(`${URLS.pubsub}/_local/push`)).json();
    return subscriptions[`${PROJECT}/subscriptions/${id}`];
  }

  #expect(ref: ImageRef, type: string): Sent {
    const atMs = Date.now();
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#waiting.set(`${ref.imageId} ${type}`, (publishedMs) => resolve(publishedMs - atMs));
    return { ref, atMs, endedMs: promise };
  }

  async #read(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const messages = await pull(ACCESS, SEEN, { maxMessages: 100, signal });
      await acknowledge(ACCESS, SEEN, messages.map(({ ackId }) => ackId), { signal });
      for (const { attributes, publishTime } of messages) {
        const key = `${attributes["image_id"]} ${attributes["type"]?.replace("image.", "")}`;
        this.#waiting.get(key)?.(publishTime.getTime());
        this.#waiting.delete(key);
      }
      if (messages.length === 0) await sleep(100);
    }
  }
}

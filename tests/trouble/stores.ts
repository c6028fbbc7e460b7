/** What the harness reads of the stores while they have trouble: every read is tried until it is answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { BUCKETS, query, readObject, URLS } from "../_cloud.ts";
import { listObjects as listBucket, type StoredObject } from "../_emulator.ts";
import { type PushCounts, readPush } from "../_push.ts";

/** An image's row as analysts see it. */
export interface Row {
  readonly imageId: string;
  readonly status: string;
  readonly sha256: string | null;
}

const PAUSE_MS = 200;
const GIVE_UP_MS = 60_000;

/** Tries until it succeeds; throws the last error after a minute. */
export async function untilAnswered<T>(attempt: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + GIVE_UP_MS;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** Every live object of a bucket. */
export async function listObjects(bucket: keyof typeof BUCKETS): Promise<StoredObject[]> {
  return await untilAnswered(() => listBucket(URLS.storage, BUCKETS[bucket]));
}

/** The bytes of an object. */
export async function readBytes(
  bucket: keyof typeof BUCKETS,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return (await untilAnswered(() => readObject(BUCKETS[bucket], name))).bytes;
}

/** How many messages are where. */
export async function pushCounts(): Promise<PushCounts> {
  return await untilAnswered(readPush);
}

/** The rows that the view `images_current` shows. */
export async function currentRows(): Promise<Row[]> {
  const sql = "SELECT image_id, status, sha256 FROM tintype.images_current";
  const rows = await untilAnswered(() => query(sql));
  return rows.map(([imageId, status, sha256]) => ({
    imageId: imageId ?? "",
    status: status ?? "",
    sha256: sha256 ?? null,
  }));
}

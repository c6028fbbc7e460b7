/** What the harness reads of the stores while they have trouble: every read is tried until it is answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { BUCKETS, query, URLS } from "../_cloud.ts";
import { type PushCounts, readPush } from "../_push.ts";

/** A live object of a bucket. */
export interface StoredObject {
  readonly name: string;
  readonly generation: string;
}

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
  const objects: StoredObject[] = [];
  let pageToken: string | undefined;
  do {
    const url = new URL(`${URLS.storage}/storage/v1/b/${BUCKETS[bucket]}/o`);
    if (pageToken !== undefined) url.searchParams.set("pageToken", pageToken);
    const page = await untilAnswered(() => getJson(url) as Promise<ListPage>); // the JSON API's list
    objects.push(...page.items ?? []);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return objects;
}

/** The bytes of an object. */
export async function readBytes(
  bucket: keyof typeof BUCKETS,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const url = `${URLS.storage}/storage/v1/b/${BUCKETS[bucket]}/o/${encodeURIComponent(name)}`;
  return await untilAnswered(async () => {
    const response = await fetch(`${url}?alt=media`);
    if (!response.ok) throw new Error(`Cannot read ${name}: ${response.status}`);
    return await response.bytes();
  });
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

interface ListPage {
  readonly items?: readonly StoredObject[];
  readonly nextPageToken?: string;
}

async function getJson(url: URL): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url.pathname}: ${response.status}`);
  return await response.json();
}

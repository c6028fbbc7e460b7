/** What the harness reads of the stores while they have trouble: every read is tried until it is answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { BUCKETS, query, readDays, readObject, URLS } from "../_cloud.ts";
import { listObjects as listBucket } from "../_emulator.ts";
import { readPush, readRecords } from "../_push.ts";

const PAUSE_MS = 200;
const GIVE_UP_MS = 60_000;

/** The same call, tried until it succeeds; it throws its last error after a minute. */
export function patient<Args extends readonly unknown[], Answer>(
  call: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  return async (...args) => {
    for (const deadline = Date.now() + GIVE_UP_MS;;) {
      try {
        return await call(...args);
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(PAUSE_MS);
      }
    }
  };
}

/** Every live object of a bucket. */
export const listObjects = patient((bucket: keyof typeof BUCKETS) =>
  listBucket(URLS.storage, BUCKETS[bucket])
);

/** The bytes of an object. */
export const readBytes = patient(async (bucket: keyof typeof BUCKETS, name: string) =>
  (await readObject(BUCKETS[bucket], name)).bytes
);

/** The salts of the days. */
export const days = patient(readDays);

/** How many messages are where. */
export const pushCounts = patient(readPush);

/** How many records are where. */
export const recordCounts = patient(readRecords);

/** The rows that the view `images_current` shows: as analysts see them. */
export const currentRows = patient(async () => {
  const rows = await query("SELECT image_id, status, content_key FROM tintype.images_current");
  return rows.map(([imageId = "", status = "", contentKey]) => ({ imageId, status, contentKey }));
});

import { corsRule } from "./cors.ts";
import { DEFAULT_LIFECYCLE } from "./lifecycle.ts";
import type { ObjectDatabase } from "./object_database.ts";
import { type BucketRecord, makeBucket } from "./object_record.ts";

/** The buckets that are there from the start, and whether they hold images, which have an end. */
const LOCAL_BUCKETS = {
  "tintype-raw": { holdsImages: true },
  "tintype-processed": { holdsImages: true },
  "tintype-certificates": { holdsImages: false },
} as const;

/** Makes the buckets that are missing; pages of the origins may use those that hold images. */
export function makeLocalBuckets(
  database: ObjectDatabase,
  nowMs: number,
  corsOrigins: readonly string[],
): void {
  const cors = corsOrigins.length === 0
    ? []
    : [corsRule(corsOrigins, ["GET", "HEAD", "PUT", "POST", "DELETE"])];
  const settings = { lifecycle: DEFAULT_LIFECYCLE, cors };
  const nothing: Pick<BucketRecord, "lifecycle" | "cors"> = { lifecycle: [], cors: [] };
  for (const [name, { holdsImages }] of Object.entries(LOCAL_BUCKETS)) {
    if (database.bucket(name) !== null) continue;
    database.putBucket(makeBucket(name, nowMs, holdsImages ? settings : nothing));
  }
}

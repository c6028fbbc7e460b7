/** Buckets whose finalized objects are published, where they exist (infra/terraform/topics.tf). */
const NOTIFIED_BUCKETS: readonly string[] = ["tintype-raw", "tintype-erasures"];

/** The topic of the events, by its full name. */
export const EVENTS_TOPIC = "projects/tintype-local/topics/tintype-events";

/** A bucket's only notification configuration; undefined where it has none. */
export function notificationConfigOf(bucket: string) {
  if (!NOTIFIED_BUCKETS.includes(bucket)) return undefined;
  return {
    kind: "storage#notification",
    id: "1",
    topic: `//pubsub.googleapis.com/${EVENTS_TOPIC}`,
    payload_format: "JSON_API_V1",
    event_types: ["OBJECT_FINALIZE"],
  };
}

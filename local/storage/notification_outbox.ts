import type { DatabaseSync } from "node:sqlite";
import { makeStorageNotification } from "@tintype/core/events/notification";
import type { NewMessage } from "@tintype/pubsub/publish";
import { sqlOf } from "../sqlite.ts";
import type { ObjectRecord } from "./object_record.ts";
import { objectResource } from "./object_resource.ts";

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

const TABLE = `
  CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT NOT NULL, attributes TEXT NOT NULL
  ) STRICT;
`;

/** An object that was made, and the one that it replaced. */
interface Finalized {
  readonly object: ObjectRecord;
  readonly overwritten: ObjectRecord | null;
  /** How the resource names the storage. */
  readonly baseUrl: string;
}

/** The notifications that no topic has taken yet, in the storage's database: each is committed with its object. */
export class NotificationOutbox {
  readonly #sql: ReturnType<typeof sqlOf>;

  constructor(db: DatabaseSync) {
    db.exec(TABLE);
    this.#sql = sqlOf(db);
  }

  /** Writes the notification of an object; nothing for a bucket without a configuration. */
  add({ object, overwritten, baseUrl }: Finalized): void {
    const { bucket, name, generation } = object;
    const config = notificationConfigOf(bucket);
    if (config === undefined) return;
    const { attributes, data } = makeStorageNotification({
      eventType: "OBJECT_FINALIZE",
      bucket,
      objectName: name,
      generation: String(generation),
      eventTime: new Date(object.createdMs),
      notificationConfig: `projects/_/buckets/${bucket}/notificationConfigs/${config.id}`,
      resource: objectResource(object, baseUrl),
      overwroteGeneration: overwritten === null ? undefined : String(overwritten.generation),
    });
    this.#sql.run`INSERT INTO outbox (data, attributes)
      VALUES (${new TextDecoder().decode(data)}, ${JSON.stringify(attributes)})`;
  }

  /** The oldest messages, and the number of the last one. */
  oldest(limit: number): { readonly messages: NewMessage[]; readonly last: number } {
    const rows = this.#sql
      .all`SELECT seq, data, attributes FROM outbox ORDER BY seq LIMIT ${limit}`;
    return {
      messages: rows.map(({ data, attributes }) => ({
        data: String(data),
        attributes: JSON.parse(String(attributes)),
      })),
      last: Number(rows.at(-1)?.["seq"] ?? 0),
    };
  }

  /** Removes the messages up to that number. */
  removeUpTo(seq: number): void {
    this.#sql.run`DELETE FROM outbox WHERE seq <= ${seq}`;
  }

  /** Whether nothing waits; unlike the size it costs the same for any number of messages. */
  get isEmpty(): boolean {
    return this.#sql.get`SELECT 1 FROM outbox LIMIT 1` === undefined;
  }

  get size(): number {
    return Number(this.#sql.get`SELECT count(*) AS size FROM outbox`?.["size"]);
  }
}

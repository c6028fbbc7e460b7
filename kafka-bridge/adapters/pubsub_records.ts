import { AppError } from "@tintype/core/errors";
import type { RecordPublisher } from "@tintype/core/ports/record_publisher";
import { publish } from "@tintype/pubsub/publish";
import type { PubSubAccess } from "@tintype/pubsub/pubsub_call";
import { googleToken } from "./_google_auth.ts";

/** Where the records' topic is. */
export interface PubSubRecordsOptions {
  readonly projectId: string;
  readonly topic: string;
  /** An emulator's address, asked without credentials; Pub/Sub itself where none is given. */
  readonly endpoint: string | undefined;
}

/** Publishes records to a topic of Pub/Sub: the row as JSON, the rest as attributes. */
export function pubsubRecords(options: PubSubRecordsOptions): RecordPublisher {
  const { projectId, topic, endpoint } = options;
  const access: PubSubAccess = endpoint === undefined ? { token: googleToken } : { endpoint };
  return {
    async publish({ row, attributes: given }, { signal } = {}) {
      const texts = Object.entries(given).filter(([, value]) => value !== undefined);
      const message = { data: JSON.stringify(row), attributes: Object.fromEntries(texts) };
      try {
        await publish(access, `projects/${projectId}/topics/${topic}`, [message], { signal });
      } catch (cause) {
        signal?.throwIfAborted();
        throw new AppError("unavailable", "Cannot publish record: Pub/Sub does not take it", {
          cause,
        });
      }
    },
  };
}

import { makeStorageNotification } from "@tintype/core/events/notification";
import { attributesOfForce } from "@tintype/core/model/force";
import type { PushEnvelope } from "@tintype/core/events/push_envelope";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { EventPublisher } from "@tintype/core/ports/event_publisher";
import type { PurgePublisher } from "@tintype/core/ports/image_rows";
import type { RecordPublisher } from "@tintype/core/ports/record_publisher";
import type { WebhookPublisher, WebhookQueue } from "@tintype/core/ports/webhooks";
import { type NewMessage, publish } from "@tintype/pubsub/publish";
import type { PubSubAccess } from "@tintype/pubsub/pubsub_call";
import { cloudResult } from "./_cloud_failure.ts";
import { googleToken } from "./_google_auth.ts";
import { attributesOfWebhook } from "./webhook_attributes.ts";

/** Where topics are. */
export interface PubSubOptions {
  readonly projectId: string;
  /** An emulator's address, asked without credentials; Pub/Sub itself where none is given. */
  readonly endpoint?: string | undefined;
}

type Publish = (messages: readonly NewMessage[], options: CallOptions) => Promise<void>;

/** Publishes the records of images. */
export function pubsubRecords(options: PubSubOptions, topic: string): RecordPublisher {
  const send = publisher(options, topic);
  return {
    async publish({ row, attributes }, call = {}) {
      const texts = Object.entries(attributes).filter(([, value]) => value !== undefined);
      await send([{ data: JSON.stringify(row), attributes: Object.fromEntries(texts) }], call);
    },
  };
}

/** Publishes the copies of certificates, a message a row. */
export function pubsubPurges(options: PubSubOptions, topic: string): PurgePublisher {
  const send = publisher(options, topic);
  return {
    async publishPurge(rows, call = {}) {
      await send(rows.map((row) => ({ data: JSON.stringify(row) })), call);
    },
  };
}

/** Takes the deliveries that are beyond their tenant's share. */
export interface SlowLanes {
  /** Publishes a pushed message as it came; who retries: Pub/Sub, where the push is not acknowledged. */
  publish(
    lane: number,
    message: Pick<PushEnvelope, "data" | "attributes">,
    options?: CallOptions,
  ): Promise<void>;
}

/** The slow lanes: topics `{prefix}-0` and on. */
export function pubsubSlowLanes(options: PubSubOptions, prefix: string): SlowLanes {
  return {
    async publish(lane, { data, attributes }, call = {}) {
      const text = new TextDecoder().decode(data);
      await publisher(options, `${prefix}-${lane}`)([{ data: text, attributes }], call);
    },
  };
}

/** Publishes webhooks: new ones on the topic of this name, others on `{topic}-slow-{lane}` and `{topic}-dead`. */
export function pubsubWebhooks(options: PubSubOptions, topic: string): WebhookPublisher {
  const nameOf = (queue: WebhookQueue) =>
    queue === "new" ? topic : queue === "dead" ? `${topic}-dead` : `${topic}-slow-${queue.lane}`;
  return {
    async publishWebhooks(queue, messages, call = {}) {
      const sent = messages.map((message) => ({
        data: message.body,
        attributes: attributesOfWebhook(message),
      }));
      await publisher(options, nameOf(queue))(sent, call);
    },
  };
}

/** Publishes events of Cloud Storage again, as it would. */
export function pubsubEvents(
  options: PubSubOptions,
  topic: string,
  buckets: Readonly<Record<"raw" | "erasures", string>>,
): EventPublisher {
  const send = publisher(options, topic);
  return {
    async republish(bucket, objects, { force, ...call } = {}) {
      const forced = force === undefined ? {} : attributesOfForce(force);
      await send(
        objects.map(({ name, generation }) => {
          const { attributes } = makeStorageNotification({
            eventType: "OBJECT_FINALIZE",
            bucket: buckets[bucket],
            objectName: name,
            generation,
            eventTime: new Date(),
            notificationConfig: `projects/_/buckets/${buckets[bucket]}/notificationConfigs/0`,
            resource: {},
          });
          return { data: "", attributes: { ...attributes, ...forced, payloadFormat: "NONE" } };
        }),
        call,
      );
    },
  };
}

function publisher({ projectId, endpoint }: PubSubOptions, topic: string): Publish {
  const access: PubSubAccess = endpoint === undefined ? { token: googleToken } : { endpoint };
  return async (messages, { signal }) => {
    const sending = publish(access, `projects/${projectId}/topics/${topic}`, messages, { signal });
    await cloudResult(`publish to ${topic}`, sending.then(() => undefined), signal);
  };
}

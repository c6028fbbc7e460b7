import { makeStorageNotification } from "@tintype/core/events/notification";
import { makePushEnvelope, type PushBody } from "@tintype/core/events/push_envelope";
import type { PushMessage } from "./push_message.ts";

/** The subscription that a message goes through. */
export interface PushBodyOptions {
  /** `projects/{project}/subscriptions/{name}`. */
  readonly subscription: string;
  /** Whether it has a dead-letter policy: only then does the body count deliveries. */
  readonly deadLetters: boolean;
}

/** The wrapped body of a push, with the notification of the bucket's only configuration in it. */
export function makePushBody(message: PushMessage, options: PushBodyOptions): PushBody {
  const { eventType, bucket, resource, overwroteGeneration, eventTime } = message.event;
  const { attributes, data } = makeStorageNotification({
    eventType,
    bucket,
    resource,
    objectName: String(resource["name"]),
    generation: String(resource["generation"]),
    eventTime: new Date(eventTime),
    notificationConfig: `projects/_/buckets/${bucket}/notificationConfigs/1`,
    overwroteGeneration,
  });
  return makePushEnvelope({
    messageId: message.messageId,
    publishTime: new Date(message.createdAt),
    attributes: { ...attributes, ...message.attributes },
    data,
    subscription: options.subscription,
    deliveryAttempt: options.deadLetters ? message.attempts : undefined,
  });
}

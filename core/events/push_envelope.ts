/**
 * What Pub/Sub pushes, both ways through one schema: `parsePushEnvelope` opens the body of a push,
 * `parseStorageNotification` reads Cloud Storage's event inside; the local cloud makes both
 * (https://cloud.google.com/pubsub/docs/push#receive_push).
 */
import * as z from "zod";
import { schemaError } from "../errors.ts";

/** A pushed message, opened. */
export interface PushEnvelope {
  readonly messageId: string;
  readonly publishTime: Date;
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: Uint8Array<ArrayBuffer>;
  /** `projects/P/subscriptions/S`. */
  readonly subscription: string;
  /** 1 and up; only where the subscription has a dead-letter policy. */
  readonly deliveryAttempt?: number | undefined;
}

const time = z.iso.datetime({ offset: true });

const messageSchema = z.object({
  data: z.base64().default(""),
  attributes: z.record(z.string(), z.string()).default({}),
  messageId: z.string().min(1),
  publishTime: time,
});

const envelopeSchema = z.object({
  message: z.preprocess(camelCased, messageSchema),
  subscription: z.string().min(1),
  deliveryAttempt: z.int().min(1).optional(),
});

/** The wire form: Pub/Sub sends the message's names twice, in camel and in snake case. */
export interface PushBody {
  readonly message: z.infer<typeof messageSchema> & {
    readonly message_id: string;
    readonly publish_time: string;
  };
  readonly subscription: string;
  readonly deliveryAttempt?: number;
}

/** Opens the (JSON-parsed) body of a wrapped push, unknown fields ignored; throws `invalid_request`. */
export function parsePushEnvelope(json: unknown): PushEnvelope {
  const read = envelopeSchema.safeParse(camelCased(json));
  if (!read.success) throw schemaError("invalid_request", "Cannot read push envelope", read.error);
  const { message, subscription, deliveryAttempt } = read.data;
  return {
    messageId: message.messageId,
    publishTime: new Date(message.publishTime),
    attributes: message.attributes,
    data: Uint8Array.from(atob(message.data), (char) => char.charCodeAt(0)),
    subscription,
    ...(deliveryAttempt === undefined ? {} : { deliveryAttempt }),
  };
}

/** The body of a wrapped push, as Pub/Sub sends it; what {@link parsePushEnvelope} opens again. */
export function makePushEnvelope(envelope: PushEnvelope): PushBody {
  const { messageId, attributes, data, subscription, deliveryAttempt } = envelope;
  const publishTime = envelope.publishTime.toISOString();
  return {
    message: {
      data: btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join("")),
      attributes: { ...attributes },
      messageId,
      message_id: messageId,
      publishTime,
      publish_time: publishTime,
    },
    subscription,
    ...(deliveryAttempt === undefined ? {} : { deliveryAttempt }),
  };
}

/** Adds the camel-case form of each snake-case name that has none; null values count as absent. */
function camelCased(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const present = Object.entries(value).filter(([, field]) => field !== null);
  const camelCase = present.map(([name, field]): [string, unknown] => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    field,
  ]);
  return Object.fromEntries([...camelCase, ...present]);
}

import { recordOf } from "@tintype/gcs/json_fields";
import { type CallOptions, callPubSub, type PubSubAccess } from "./pubsub_call.ts";
import { PubSubError } from "./pubsub_error.ts";

/** A message that was pulled; it comes again unless it is acknowledged before its deadline. */
export interface PulledMessage {
  /** Names this delivery to {@link acknowledge} and {@link modifyAckDeadline}. */
  readonly ackId: string;
  readonly messageId: string;
  readonly publishTime: Date;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly attributes: Readonly<Record<string, string>>;
  /** 1 and up; only where the subscription has a dead-letter policy. */
  readonly deliveryAttempt?: number;
}

/**
 * Pulls up to `maxMessages` from a subscription (`projects/P/subscriptions/S`). Waits a bounded time for the first one,
 * so an empty list is no end. Throws PubSubError.
 */
export async function pull(
  access: PubSubAccess,
  subscription: string,
  { maxMessages, ...options }: CallOptions & { readonly maxMessages: number },
): Promise<PulledMessage[]> {
  const method = { resource: subscription, verb: "pull" };
  const { receivedMessages } = recordOf(await callPubSub(access, method, { maxMessages }, options));
  return Array.isArray(receivedMessages) ? receivedMessages.map(readMessage) : [];
}

/** Acknowledges deliveries, so that their messages do not come again; the second time is harmless. Throws PubSubError. */
export async function acknowledge(
  access: PubSubAccess,
  subscription: string,
  ackIds: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  if (ackIds.length === 0) return;
  await callPubSub(access, { resource: subscription, verb: "acknowledge" }, { ackIds }, options);
}

/** Moves the deadline of deliveries to `seconds` from now (at most 600); 0 refuses them, so that they come again. Throws PubSubError. */
export async function modifyAckDeadline(
  access: PubSubAccess,
  subscription: string,
  { ackIds, seconds, ...options }: CallOptions & {
    readonly ackIds: readonly string[];
    readonly seconds: number;
  },
): Promise<void> {
  if (ackIds.length === 0) return;
  const body = { ackIds, ackDeadlineSeconds: seconds };
  await callPubSub(access, { resource: subscription, verb: "modifyAckDeadline" }, body, options);
}

function readMessage(value: unknown): PulledMessage {
  const { ackId, message, deliveryAttempt } = recordOf(value);
  const { messageId, publishTime, data, attributes } = recordOf(message);
  if (typeof ackId !== "string" || typeof messageId !== "string") {
    throw new PubSubError("Pub/Sub returned a message without its ids", { status: 200 });
  }
  return {
    ackId,
    messageId,
    publishTime: new Date(String(publishTime)),
    data: Uint8Array.from(atob(String(data ?? "")), (char) => char.charCodeAt(0)),
    attributes: Object.fromEntries(
      Object.entries(recordOf(attributes)).map(([key, text]) => [key, String(text)]),
    ),
    ...(typeof deliveryAttempt === "number" ? { deliveryAttempt } : {}),
  };
}

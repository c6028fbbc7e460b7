import { recordOf } from "@tintype/gcs/json_fields";
import { type CallOptions, callPubSub, type PubSubAccess } from "./pubsub_call.ts";
import { PubSubError } from "./pubsub_error.ts";

/** A message to be published; it needs data or an attribute. */
export interface NewMessage {
  /** Sent as UTF-8; nothing where it is empty. */
  readonly data: string;
  /** At most 100, keys of at most 256 bytes and values of at most 1 024. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Limits of one request (https://cloud.google.com/pubsub/quotas#resource_limits). */
const MAX_MESSAGES = 1_000;
/** Characters of JSON: what base64 adds stays below the real limit of 10 MB as well. */
const MAX_CHARACTERS = 9_000_000;

interface WireMessage {
  readonly data?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * Publishes messages to a topic (`projects/P/topics/T`) in as few requests as the limits allow, and returns their ids
 * in order. At least once: a request whose response is lost is sent again. Throws PubSubError; then some of the
 * messages may have been published.
 */
export async function publish(
  access: PubSubAccess,
  topic: string,
  messages: readonly NewMessage[],
  options: CallOptions = {},
): Promise<string[]> {
  const ids: string[] = [];
  for (const batch of batchesOf(messages.map(wireMessage))) {
    const method = { resource: topic, verb: "publish" };
    const { messageIds } = recordOf(await callPubSub(access, method, { messages: batch }, options));
    if (!Array.isArray(messageIds) || messageIds.length !== batch.length) {
      throw new PubSubError("Pub/Sub did not return an id for each message", { status: 200 });
    }
    ids.push(...messageIds.map(String));
  }
  return ids;
}

function* batchesOf(messages: readonly WireMessage[]): Generator<WireMessage[]> {
  let batch: WireMessage[] = [];
  let characters = 0;
  for (const message of messages) {
    const length = JSON.stringify(message).length;
    if (
      batch.length === MAX_MESSAGES || (batch.length > 0 && characters + length > MAX_CHARACTERS)
    ) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(message);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}

function wireMessage({ data, attributes = {} }: NewMessage): WireMessage {
  return {
    ...(data === "" ? {} : { data: base64Of(new TextEncoder().encode(data)) }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

const CHUNK = 0x8000;

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(text);
}

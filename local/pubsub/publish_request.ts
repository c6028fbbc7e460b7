import * as z from "zod";
import { notEmulated } from "../http/refusal.ts";
import type { NewMessage } from "./broker.ts";
import { RpcError } from "./rpc_error.ts";

/** Limits of the real service (https://cloud.google.com/pubsub/quotas#resource_limits). */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 10_000_000;
const MAX_ATTRIBUTES = 100;
const MAX_KEY_BYTES = 256;
const MAX_VALUE_BYTES = 1_024;

/** The body of `:publish`. */
export const publishSchema = z.strictObject({
  topic: z.string().optional(),
  messages: z.array(z.strictObject({
    data: z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/).default(""),
    attributes: z.record(z.string(), z.string()).default({}),
    orderingKey: z.string().optional(),
  })),
});

/** The messages of a `:publish`, their data as standard base64; throws RpcError. */
export function parsePublish({ messages }: z.infer<typeof publishSchema>): NewMessage[] {
  if (messages.length === 0 || messages.length > MAX_MESSAGES) {
    throw refusal(`a request takes 1 to ${MAX_MESSAGES} messages (got ${messages.length})`);
  }
  const read = messages.map(({ data, attributes, orderingKey }) => {
    if (orderingKey) throw notEmulated("messages.orderingKey");
    checkAttributes(attributes);
    const bytes = Buffer.from(data, "base64");
    if (bytes.length === 0 && Object.keys(attributes).length === 0) {
      throw refusal("a message needs data or an attribute");
    }
    return { data: bytes.toString("base64"), attributes };
  });
  const total = read.reduce((sum, message) => sum + bytesOf(message), 0);
  if (total > MAX_BYTES) throw refusal(`a request takes ${MAX_BYTES} bytes (got ${total})`);
  return read;
}

function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES) {
    throw refusal(`a message takes ${MAX_ATTRIBUTES} attributes (got ${entries.length})`);
  }
  for (const [key, value] of entries) {
    const isKey = key !== "" && !key.startsWith("goog") && Buffer.byteLength(key) <= MAX_KEY_BYTES;
    if (!isKey) throw refusal(`invalid attribute key ${key}`);
    if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
      throw refusal(`the value of attribute ${key} takes ${MAX_VALUE_BYTES} bytes`);
    }
  }
}

function bytesOf({ data, attributes }: NewMessage): number {
  return Buffer.byteLength(data, "base64") + Buffer.byteLength(JSON.stringify(attributes));
}

function refusal(why: string): RpcError {
  return new RpcError("INVALID_ARGUMENT", `Cannot publish: ${why}`);
}

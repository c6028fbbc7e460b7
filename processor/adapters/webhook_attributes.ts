/** A webhook as a message of Pub/Sub: its body is the data, all else are attributes. */
import { schemaError } from "@tintype/core/errors";
import type { PushEnvelope } from "@tintype/core/events/push_envelope";
import { isTenant } from "@tintype/core/model/tenant";
import type { WebhookMessage } from "@tintype/core/ports/webhooks";
import * as z from "zod";

const attributesSchema = z.object({
  tenant: z.string().refine(isTenant),
  endpoint: z.string().min(1),
  event_id: z.string().min(1),
  since: z.iso.datetime().optional(),
});

/** The attributes of a webhook. */
export function attributesOfWebhook(
  { tenant, endpoint, eventId, sinceMs }: WebhookMessage,
): Record<string, string> {
  const attributes = { tenant, endpoint, event_id: eventId };
  return sinceMs === undefined
    ? attributes
    : { ...attributes, since: new Date(sinceMs).toISOString() };
}

/** The webhook that a push brings; throws `invalid_request` that names each wrong attribute. */
export function webhookOfPush(
  { data, attributes, publishTime }: Pick<PushEnvelope, "data" | "attributes" | "publishTime">,
): WebhookMessage & { readonly sinceMs: number } {
  const read = attributesSchema.safeParse(attributes);
  if (!read.success) throw schemaError("invalid_request", "Cannot read webhook", read.error);
  const { tenant, endpoint, event_id: eventId, since } = read.data;
  const sinceMs = since === undefined ? publishTime.getTime() : Date.parse(since);
  return { body: new TextDecoder().decode(data), tenant, endpoint, eventId, sinceMs };
}

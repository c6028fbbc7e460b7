import { SYNTHETIC_TENANT } from "../model/tenant.ts";
import { eventOfRecord, type TenantEvent } from "../model/webhook_event.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { TenantWebhooks, WebhookMessage, WebhookPublisher } from "../ports/webhooks.ts";

/** What publishing webhooks needs. */
export interface PublishWebhooksPorts {
  readonly tenants: TenantWebhooks;
  readonly webhooks: WebhookPublisher;
}

/** A record as Pub/Sub brings it. */
interface PublishedRecord {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Publishes one message an endpoint of the record's tenant that wants its type; returns how many. Throws
 * `invalid_request` for what is no record.
 */
export async function publishWebhooks(
  { tenants, webhooks }: PublishWebhooksPorts,
  { data, attributes }: PublishedRecord,
  options: CallOptions = {},
): Promise<number> {
  const { tenant, ...event } = eventOfRecord({ row: rowOf(data), attributes });
  if (tenant === undefined || tenant === SYNTHETIC_TENANT) return 0;
  const endpoints = await tenants.webhooksOf(tenant);
  const wanted = endpoints.filter(({ types }) => types.includes(event.type));
  const messages = wanted.map(({ id }) => webhookOf({ ...event, tenant }, id));
  if (messages.length > 0) await webhooks.publishWebhooks("new", messages, options);
  return messages.length;
}

/** The webhook of an event for one endpoint. */
function webhookOf(
  { tenant, eventId, event }:
    & Pick<TenantEvent, "eventId" | "event">
    & Pick<WebhookMessage, "tenant">,
  endpoint: string,
): WebhookMessage {
  return { body: JSON.stringify(event), tenant, endpoint, eventId };
}

/** What is no object has no row. */
function rowOf(data: Uint8Array<ArrayBuffer>): Record<string, unknown> {
  try {
    return { ...JSON.parse(new TextDecoder().decode(data)) };
  } catch {
    return {};
  }
}

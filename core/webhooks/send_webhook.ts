import { endpointKey } from "../model/webhook_endpoint.ts";
import { webhookHeaders, type WebhookMaster } from "../model/webhook_signature.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  TenantWebhooks,
  WebhookMessage,
  WebhookReply,
  WebhookSender,
} from "../ports/webhooks.ts";
import type { RestingEndpoints } from "./resting_endpoints.ts";

/** What sending a webhook needs. */
export interface SendWebhookPorts {
  readonly tenants: TenantWebhooks;
  readonly sender: WebhookSender;
  readonly master: WebhookMaster;
  readonly resting: RestingEndpoints;
  readonly clock: Clock;
}

/** What came of an attempt: `withdrawn` where the tenant has no such endpoint any more, `resting` where it failed just now. */
export type SentWebhook =
  | { readonly outcome: "delivered" | "withdrawn" | "resting" }
  | { readonly outcome: "failed"; readonly reply: WebhookReply };

/** Sends a webhook once, to the address and by the versions that the tenant's object has now. */
export async function sendWebhook(
  { tenants, sender, master, resting, clock }: SendWebhookPorts,
  { tenant, endpoint: id, eventId, body }: WebhookMessage,
  options: CallOptions = {},
): Promise<SentWebhook> {
  const endpoint = (await tenants.webhooksOf(tenant)).find((each) => each.id === id);
  if (endpoint === undefined) return { outcome: "withdrawn" };
  const key = endpointKey(tenant, id);
  if (!resting.begin(key)) return { outcome: "resting" };
  const message = { id: eventId, sentAtMs: clock.now(), body };
  const headers = await webhookHeaders(master, { tenant, endpoint }, message);
  const reply = await sender.send({ url: endpoint.url, headers, body }, options);
  options.signal?.throwIfAborted();
  if (reply.fault === undefined) {
    resting.succeeded(key);
    return { outcome: "delivered" };
  }
  resting.failed(key);
  return { outcome: "failed", reply };
}

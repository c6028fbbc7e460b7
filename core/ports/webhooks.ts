/** What sending webhooks needs of the world. */
import type { Tenant } from "../model/tenant.ts";
import type { WebhookEndpoint } from "../model/webhook_endpoint.ts";
import type { CallOptions } from "./call_options.ts";

/** May look up a tenant's endpoints; throws `unavailable` while no good version was ever read. */
export interface TenantWebhooks {
  webhooksOf(tenant: Tenant): Promise<readonly WebhookEndpoint[]>;
}

/** A webhook on its way to one endpoint: the very bytes that are signed, and what no receiver sees. */
export interface WebhookMessage {
  readonly body: string;
  readonly tenant: Tenant;
  /** The endpoint's id. */
  readonly endpoint: string;
  readonly eventId: string;
  /** When it was published first, in milliseconds; undefined for a message that is new. */
  readonly sinceMs?: number | undefined;
}

/** Where a webhook waits: for its first attempt, in a slow lane, or as a dead letter. */
export type WebhookQueue = "new" | "dead" | { readonly lane: number };

/** May publish webhooks, each at least once. Who retries: the delivery that publishes. */
export interface WebhookPublisher {
  publishWebhooks(
    queue: WebhookQueue,
    messages: readonly WebhookMessage[],
    options?: CallOptions,
  ): Promise<void>;
}

/** What is posted, and where. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why a receiver did not take a webhook: a closed list, so that no address reaches a log. */
type WebhookFault = "address_refused" | "unreachable" | "timeout" | "redirect" | "status";

/** What came of one attempt; `status` is there where the receiver responded. */
export interface WebhookReply {
  readonly fault?: WebhookFault | undefined;
  readonly status?: number | undefined;
}

/** May post to addresses that tenants name. Never throws for what a receiver does; who retries: Pub/Sub. */
export interface WebhookSender {
  send(request: WebhookRequest, options?: CallOptions): Promise<WebhookReply>;
}

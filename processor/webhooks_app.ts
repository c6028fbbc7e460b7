import { publishWebhooks } from "@tintype/core/webhooks/publish_webhooks";
import type { Hono } from "hono";
import type { CallerVerifier } from "./adapters/oidc_verifier.ts";
import { describeError } from "./describe_error.ts";
import { openPush, type PushStatus, statusOfFailure } from "./push.ts";
import { createServerApp, pushRoute, requireCaller } from "./server_app.ts";
import { handleWebhook, type WebhookPushPorts } from "./webhook_push.ts";

/** What the dispatcher's HTTP surface is made of. */
export interface WebhooksAppOptions extends WebhookPushPorts {
  readonly verify: CallerVerifier;
  /** Base address that tokens name as their audience, without a slash at the end. */
  readonly audience: string;
  readonly pushServiceAccount: string;
  readonly isReady: () => boolean;
}

/** The dispatcher's HTTP surface: pushes from Pub/Sub (of records, of webhooks, of their slow lanes), health, metrics. */
export function createWebhooksApp(options: WebhooksAppOptions): Hono {
  const { log, pushServiceAccount } = options;
  const app = createServerApp(options);
  app.use("/events/*", requireCaller(options, pushServiceAccount));
  app.post("/events/images", ...pushRoute(log, (body) => handleRecord(options, body)));
  for (const [path, isSlow] of [["webhooks", false], ["slow", true]] as const) {
    app.post(
      `/events/${path}`,
      ...pushRoute(log, (body) => handleWebhook(options, body, { isSlow })),
    );
  }
  return app;
}

/** Publishes the webhooks of a record; a record that cannot be read never can be. */
async function handleRecord(options: WebhooksAppOptions, body: string): Promise<PushStatus> {
  const { log, metrics, signal } = options;
  try {
    metrics.published(await publishWebhooks(options, openPush(body), { signal }));
    return 204;
  } catch (error) {
    const status = statusOfFailure(error);
    const event = status === 204 ? "record_unreadable" : "record_not_published";
    log.error(event, { answer: status, ...describeError(error) });
    return status;
  }
}

/**
 * One push of a webhook: wait for the endpoint's fair share, send, and acknowledge it once it is delivered, in a slow
 * lane, or dead. Only a slow lane's push is refused, so that an endpoint that fails slows down no other's first attempt.
 */
import { AppError } from "@tintype/core/errors";
import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import { endpointKey } from "@tintype/core/model/webhook_endpoint";
import type { Log } from "@tintype/core/ports/log";
import type { WebhookPublisher } from "@tintype/core/ports/webhooks";
import {
  sendWebhook,
  type SendWebhookPorts,
  type SentWebhook,
} from "@tintype/core/webhooks/send_webhook";
import { webhookOfPush } from "./adapters/webhook_attributes.ts";
import { describeError } from "./describe_error.ts";
import type { FairQueue } from "./fair_queue.ts";
import { openPush, type PushStatus, statusOfFailure } from "./push.ts";
import type { WebhookMetrics } from "./telemetry/webhook_metrics.ts";

/** What handling pushes of webhooks needs. */
export interface WebhookPushPorts extends SendWebhookPorts {
  readonly webhooks: WebhookPublisher;
  readonly queue: FairQueue;
  readonly log: Log;
  readonly metrics: WebhookMetrics;
  /** Aborts what is under way: the end of the process. */
  readonly signal: AbortSignal;
}

/** A webhook that no receiver took for so long is a dead letter. */
const RETRY_MS = 24 * 60 * 60_000;

/** Handles the text of a push whose sender is known; never throws. */
export async function handleWebhook(
  ports: WebhookPushPorts,
  body: string,
  { isSlow }: { readonly isSlow: boolean },
): Promise<PushStatus> {
  const { log, metrics } = ports;
  try {
    const { outcome, status } = await deliver(ports, body, isSlow);
    metrics.handled(outcome);
    return status;
  } catch (error) {
    const status = statusOfFailure(error);
    const event = status === 204 ? "push_unreadable" : "webhook_not_sent";
    log.error(event, { answer: status, ...describeError(error) });
    return status;
  }
}

/** What came of a push. */
interface Handled {
  readonly outcome: "delivered" | "withdrawn" | "diverted" | "delayed" | "dead";
  readonly status: PushStatus;
}

async function deliver(
  ports: WebhookPushPorts,
  body: string,
  isSlow: boolean,
): Promise<Handled> {
  const { queue, resting, webhooks, clock, log, metrics, signal } = ports;
  const message = webhookOfPush(openPush(body));
  const { tenant, endpoint, eventId, sinceMs } = message;
  const ids = { tenant, endpoint, eventId };
  const key = endpointKey(tenant, endpoint);
  const attempts: SentWebhook[] = [];
  if (!resting.isResting(key)) {
    const done = await queue.run({ key, isSlow }, async () => {
      attempts.push(await sendWebhook(ports, message, { signal }));
    });
    if (done === "refuse" && !isSlow) {
      throw new AppError("rate_limited", "Cannot take this webhook now: too many are under way");
    }
  }
  const [sent = { outcome: "resting" }] = attempts;
  const { outcome } = sent;
  if (outcome === "delivered" || outcome === "withdrawn") {
    const ageMs = clock.now() - sinceMs;
    if (outcome === "delivered") metrics.delivered(ageMs);
    log.info("webhook", { ...ids, outcome, ageMs });
    return { outcome, status: 204 };
  }
  if (sent.outcome === "failed") log.warn("webhook_failed", { ...ids, isSlow, ...sent.reply });
  if (!isSlow) {
    await webhooks.publishWebhooks({ lane: slowLaneOf(key) }, [message], { signal });
    return { outcome: "diverted", status: 204 };
  }
  if (clock.now() - sinceMs < RETRY_MS) return { outcome: "delayed", status: 429 };
  await webhooks.publishWebhooks("dead", [message], { signal });
  log.error("webhook_dead", ids);
  return { outcome: "dead", status: 204 };
}

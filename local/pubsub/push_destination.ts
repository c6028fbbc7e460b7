import { makePushEnvelope } from "@tintype/core/events/push_envelope";
import type { Log } from "@tintype/core/ports/log";
import type { Destination, Outcome } from "./delivery_loop.ts";
import type { IdentityTokens } from "./identity_tokens.ts";
import { ackDeadlineMs, type LocalTiming } from "./local_timing.ts";
import type { Leased } from "./message_store.ts";
import { postJson } from "./post_json.ts";
import type { Subscription } from "./resources.ts";

/** What pushes are made with. */
export interface PushOptions {
  readonly identity: IdentityTokens;
  readonly timing: LocalTiming;
  readonly log: Log;
}

const ACKNOWLEDGED = new Set([102, 200, 201, 202, 204]);

/** Pushes each message to the subscription's endpoint, with an identity token where it names an account. */
export function pushDestination(subscription: Subscription, options: PushOptions): Destination {
  const { pushEndpoint: url = "", oidcToken } = subscription.pushConfig;
  const { identity, timing, log } = options;
  const audience = oidcToken?.audience || url;
  const tokenOf = async () =>
    oidcToken && await identity.tokenFor(audience, oidcToken.serviceAccountEmail);

  async function push(message: Leased, signal: AbortSignal): Promise<Outcome> {
    const fields = { subscription: subscription.name, messageId: message.id };
    let token: string | undefined;
    try {
      token = await tokenOf();
    } catch {
      log.warn("push_without_token", fields);
      return "unsent";
    }
    const startedAt = Date.now();
    const body = pushBody(subscription, message);
    const post = { url, body, timeoutMs: ackDeadlineMs(subscription, timing), signal };
    const status = await postJson({ ...post, ...token !== undefined && { token } })
      .then((answer) => answer.status, () => 0);
    const outcome = { ...fields, attempt: message.attempts, status, ms: Date.now() - startedAt };
    if (ACKNOWLEDGED.has(status)) {
      log.info("push_delivered", outcome);
      return "acknowledged";
    }
    if (status === 401 && oidcToken) identity.forget(audience, oidcToken.serviceAccountEmail);
    // 429 asks for another time; an endpoint that is down would fill the terminal with it.
    if (status === 429) log.info("push_delayed", outcome);
    else log.warn("push_refused", outcome);
    return "refused";
  }

  return {
    batchSize: 1,
    concurrency: timing.concurrency,
    send: (batch, signal) => Promise.all(batch.map((message) => push(message, signal))),
  };
}

function pushBody({ name, deadLetterPolicy }: Subscription, message: Leased) {
  return makePushEnvelope({
    messageId: message.id,
    publishTime: new Date(message.published),
    attributes: message.attributes,
    data: new Uint8Array(Buffer.from(message.data, "base64")),
    subscription: name,
    deliveryAttempt: deadLetterPolicy === undefined ? undefined : message.attempts,
  });
}

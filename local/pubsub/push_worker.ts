import type { Clock } from "@tintype/core/ports/clock";
import type { Log, LogFields } from "@tintype/core/ports/log";
import type { IdentityTokens } from "./identity_tokens.ts";
import { postJson } from "./post_json.ts";
import { makePushBody } from "./push_body.ts";
import type { PushMessage, SubscriptionKey } from "./push_message.ts";
import { backoffMs, type PushPolicy } from "./push_policy.ts";
import type { PushSettings } from "./push_settings.ts";
import type { PushStore } from "./push_store.ts";

/** What a {@link PushWorker} is made of. */
interface PushWorkerOptions {
  /** The subscription's short name. */
  readonly name: string;
  /** The endpoint's path under `processorUrl`; both make the audience. */
  readonly path: string;
  readonly processorUrl: string;
  readonly store: PushStore;
  readonly identity: IdentityTokens;
  readonly policy: PushPolicy;
  readonly clock: Clock;
  readonly log: Log | undefined;
  readonly settings: () => PushSettings;
  /** Called when an event became a dead letter. */
  readonly onBuried: () => void;
}

/** A delivery as it is logged. */
type Outcome = LogFields & { readonly status: number };

const PROJECT = "tintype-local";
const SERVICE_ACCOUNT = `push@${PROJECT}.iam.gserviceaccount.com`;
const ACKNOWLEDGED = new Set([102, 200, 201, 202, 204]);
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The deliveries of one push subscription: so many at once, each until it is acknowledged, refused or out of time. */
export class PushWorker {
  readonly #key: SubscriptionKey;
  readonly #options: PushWorkerOptions;
  readonly #url: string;
  readonly #underWay = new Set<Promise<void>>();
  readonly #cut = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(key: SubscriptionKey, options: PushWorkerOptions) {
    this.#key = key;
    this.#options = options;
    this.#url = options.processorUrl + options.path;
  }

  /** Starts as many due deliveries as there is room for, and comes back by itself when the next one is due. */
  pump(): void {
    clearTimeout(this.#timer);
    const { store, policy, clock, settings } = this.#options;
    const { hold, shuffle } = settings();
    const room = policy.concurrency - this.#underWay.size;
    if (this.#closed || hold || room <= 0) return;
    const nowMs = clock.now();
    for (const message of store.claim(this.#key, { nowMs, limit: room, shuffle })) {
      this.#start(message);
    }
    if (this.#underWay.size >= policy.concurrency) return;
    const nextDueAt = store.nextDueAt(this.#key);
    if (nextDueAt === null) return;
    const waitMs = Math.min(MAX_TIMER_MS, Math.max(1, nextDueAt - nowMs));
    this.#timer = setTimeout(() => this.pump(), waitMs).unref();
  }

  /** Starts no more; waits for what is under way up to `graceMs`, then cuts it. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#cut.abort(), graceMs);
    await Promise.all(this.#underWay);
    clearTimeout(timer);
  }

  #start(message: PushMessage): void {
    const delivery = this.#deliver(message).finally(() => {
      this.#underWay.delete(delivery);
      this.pump();
    });
    this.#underWay.add(delivery);
  }

  async #deliver(message: PushMessage): Promise<void> {
    const { identity, store, policy, clock, log } = this.#options;
    const fields = { subscription: this.#options.name, messageId: message.messageId };
    const token = await identity.tokenFor(this.#url, SERVICE_ACCOUNT).catch(() => null);
    if (token === null) {
      log?.warn("push_without_token", fields);
      return store.giveBack(message.messageId, clock.now() + policy.minBackoffMs);
    }
    const startedAt = clock.now();
    const status = await this.#send(message, token);
    const outcome = { ...fields, attempt: message.attempts, status, ms: clock.now() - startedAt };
    if (!ACKNOWLEDGED.has(status)) return this.#refused(message, outcome);
    log?.info("push_delivered", outcome);
    const counter = this.#key === "events" ? "delivered" : "deadDelivered";
    store.acknowledge(message.messageId, counter);
  }

  /** The status that was answered, or 0 where nothing was. */
  async #send(message: PushMessage, token: string): Promise<number> {
    const { name, policy } = this.#options;
    const subscription = `projects/${PROJECT}/subscriptions/${name}`;
    const body = makePushBody(message, { subscription, deadLetters: this.#key === "events" });
    const post = { url: this.#url, body, token, timeoutMs: policy.ackDeadlineMs };
    try {
      return (await postJson({ ...post, signal: this.#cut.signal })).status;
    } catch {
      return 0;
    }
  }

  #refused(message: PushMessage, outcome: Outcome): void {
    const { store, policy, clock, log, identity, settings } = this.#options;
    if (outcome.status === 401) identity.forget(this.#url, SERVICE_ACCOUNT);
    const maxAttempts = settings().maxAttempts ?? policy.maxAttempts;
    if (this.#key === "dead" || message.attempts < maxAttempts) {
      log?.warn("push_refused", outcome);
      const waitMs = backoffMs(message.attempts, policy);
      return store.retry(message.messageId, clock.now() + waitMs);
    }
    log?.error("push_dead_lettered", outcome);
    store.bury(message, { attributes: this.#deadLetterAttributes(message), nowMs: clock.now() });
    this.#options.onBuried();
  }

  /** What Pub/Sub adds to a forwarded message: cloud.google.com/pubsub/docs/handling-failures. */
  #deadLetterAttributes(message: PushMessage): Record<string, string> {
    return {
      CloudPubSubDeadLetterSourceDeliveryCount: String(message.attempts),
      CloudPubSubDeadLetterSourceSubscription: this.#options.name,
      CloudPubSubDeadLetterSourceSubscriptionProject: PROJECT,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.createdAt).toISOString(),
    };
  }
}

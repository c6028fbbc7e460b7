/**
 * Pub/Sub's rules over its stores: `publish` writes a copy for each subscription before it returns, loops push the
 * copies or write them as rows, callers pull them; a refused copy comes again until it is acknowledged, expires, or is a
 * dead letter.
 */
import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "@tintype/core/ports/clock";
import type { Log } from "@tintype/core/ports/log";
import { inTransaction } from "../sqlite.ts";
import { DeliveryLoop, type Destination, type Outcome } from "./delivery_loop.ts";
import { parseFilter } from "./filter.ts";
import { ackDeadlineMs, backoffMs, type LocalTiming } from "./local_timing.ts";
import {
  type Leased,
  type LeaseName,
  type Message,
  MessageStore,
  newMessageId,
} from "./message_store.ts";
import { FaultSettings, type PushSettings } from "./push_settings.ts";
import { Records } from "./records.ts";
import { durationMs, type Subscription, type Topic } from "./resources.ts";
import { RpcError } from "./rpc_error.ts";

/** What a {@link Broker} is made of. */
export interface BrokerOptions {
  readonly db: DatabaseSync;
  readonly timing: LocalTiming;
  readonly log: Log;
  readonly clock?: Clock;
  /** Where a subscription's messages go by themselves; undefined for one that is pulled. */
  readonly destinationOf: (subscription: Subscription) => Destination | undefined;
}

/** A message as a caller publishes it; the data is base64. */
export type NewMessage = Pick<Message, "data" | "attributes">;

/** The topic of subscriptions whose own was deleted. */
const DELETED_TOPIC = "_deleted-topic_";
const MAX_SUBSCRIPTIONS = 10_000;
const NEVER = Number.MAX_SAFE_INTEGER;
const SHUFFLE_MS = 1_000;
const EXPIRE_EVERY_MS = 10_000;

/** Topics, subscriptions and messages. All of it survives a kill: what a loop was delivering is queued again. */
export class Broker {
  readonly topics: Records<Topic>;
  readonly subscriptions: Records<Subscription>;
  readonly #options: BrokerOptions;
  readonly #store: MessageStore;
  readonly #clock: Clock;
  readonly #settings = new FaultSettings();
  readonly #loops = new Map<string, DeliveryLoop>();
  /** Loops that end as soon as what they have under way is through. */
  readonly #ending = new Set<DeliveryLoop>();
  readonly #expiring: NodeJS.Timeout;
  #changed = Promise.withResolvers<void>();
  #closed = false;

  /** Opens what the database holds; delivers nothing before {@link start}. */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date;
    this.topics = new Records(options.db, "topics");
    this.subscriptions = new Records(options.db, "subscriptions");
    this.#store = new MessageStore(options.db);
    this.#expiring = setInterval(() => this.expire(), EXPIRE_EVERY_MS).unref();
  }

  /** Begins to deliver. */
  start(): void {
    this.expire();
    for (const subscription of this.subscriptions.all()) this.#restart(subscription);
  }

  /** Creates a subscription; throws RpcError `ALREADY_EXISTS`, or `NOT_FOUND` where its topic is not there. */
  createSubscription(subscription: Subscription): Subscription {
    this.topics.get(subscription.topic);
    if (this.subscriptionsOf(subscription.topic).length >= MAX_SUBSCRIPTIONS) {
      const limit = `A topic may have ${MAX_SUBSCRIPTIONS} subscriptions`;
      throw new RpcError("FAILED_PRECONDITION", limit);
    }
    return this.#restart(this.subscriptions.create(subscription));
  }

  /** Changes a subscription and delivers by what it is now. */
  changeSubscription(subscription: Subscription): Subscription {
    return this.#restart(this.subscriptions.put(subscription));
  }

  /** Removes a subscription with its messages; throws RpcError `NOT_FOUND`. */
  removeSubscription(name: string): void {
    this.subscriptions.remove(name);
    this.#stop(name);
    this.#store.forget(name);
  }

  /** Removes a topic; its subscriptions stay with what they hold. Throws RpcError `NOT_FOUND`. */
  removeTopic(name: string): void {
    this.topics.remove(name);
    for (const subscription of this.subscriptionsOf(name)) {
      this.subscriptions.put({ ...subscription, topic: DELETED_TOPIC });
    }
  }

  /** The subscriptions of a topic. */
  subscriptionsOf(topic: string): Subscription[] {
    return this.subscriptions.all().filter((each) => each.topic === topic);
  }

  /** Publishes messages to a topic and returns their ids; durable when it returns. Throws RpcError `NOT_FOUND`. */
  publish(topic: string, messages: readonly NewMessage[]): string[] {
    this.topics.get(topic);
    const ids = inTransaction(
      this.#options.db,
      () => messages.map((message) => this.#publishOne(topic, message)),
    );
    this.#wake();
    return ids;
  }

  /** Leases up to `limit` messages, at least one where one is due within `waitMs`. */
  async pull(
    name: string,
    { limit, waitMs }: { readonly limit: number; readonly waitMs: number },
  ): Promise<Leased[]> {
    const deadline = this.#clock.now() + waitMs;
    for (;;) {
      const subscription = this.subscriptions.get(name);
      const messages = this.#claimForCaller(subscription, limit);
      const leftMs = deadline - this.#clock.now();
      if (messages.length > 0 || leftMs <= 0 || this.#closed) return messages;
      const dueMs = (this.#store.nextDueAt(name) ?? NEVER) - this.#clock.now();
      await this.#changeWithin(Math.max(1, Math.min(leftMs, dueMs)));
    }
  }

  /** Removes a pulled message for good; nothing where its lease is over. */
  acknowledge(subscription: string, lease: LeaseName): void {
    const message = this.#store.leased(subscription, lease);
    if (message === undefined) return;
    this.#settle(this.subscriptions.get(subscription), message, "acknowledged");
  }

  /** Lets a pulled message's lease last `ms` from now; 0 refuses it. */
  extend(subscription: string, lease: LeaseName, ms: number): void {
    const message = this.#store.leased(subscription, lease);
    if (message === undefined) return;
    if (ms > 0) return this.#store.extend(message, this.#clock.now() + ms);
    this.#settle(this.subscriptions.get(subscription), message, "refused");
    this.#wake();
  }

  /** Changes the faults of a topic. */
  configure(topic: string, change: Partial<PushSettings>): void {
    this.#settings.change(topic, change);
    this.#wake();
  }

  /** Sends every dead letter again as a fresh message of its own subscription; returns how many. */
  redrive(): number {
    const count = inTransaction(this.#options.db, () => this.#store.redrive(this.#clock.now()));
    this.#wake();
    return count;
  }

  /** The faults of a topic, and what happened to messages that were lost on purpose. */
  topicStatus(topic: string) {
    return { settings: this.#settings.of(topic), dropped: this.#store.totals(topic).dropped };
  }

  /** Where a subscription's messages are. */
  status({ name, topic }: Subscription) {
    const { dropped: _, oldest, oldestUnacked, ...totals } = this.#store.totals(name);
    const ageOf = (time: number | undefined) =>
      time === undefined ? null : this.#clock.now() - time;
    return {
      ...totals,
      unacked: totals.queued + totals.delivering,
      oldestUnackedMs: ageOf(oldestUnacked),
      held: this.#settings.of(topic).hold ? totals.queued : 0,
      oldestQueuedMs: ageOf(oldest),
      window: this.#loops.get(name)?.window ?? null,
    };
  }

  /** Removes what outlived its subscription's retention. */
  expire(): void {
    for (const { name, messageRetentionDuration } of this.subscriptions.all()) {
      const retentionMs = durationMs(messageRetentionDuration);
      const count = this.#store.expire(name, this.#clock.now(), retentionMs);
      if (count > 0) this.#options.log.warn("messages_expired", { subscription: name, count });
    }
  }

  /** Starts no more deliveries and ends waiting pulls; waits up to `graceMs` for what is under way, which is queued again. */
  async close(graceMs = 4_000): Promise<void> {
    this.#closed = true;
    clearInterval(this.#expiring);
    this.#wake();
    const loops = [...this.#loops.values(), ...this.#ending];
    await Promise.all(loops.map((loop) => loop.close(graceMs)));
  }

  #restart(subscription: Subscription): Subscription {
    this.#stop(subscription.name);
    const destination = this.#options.destinationOf(subscription);
    if (destination === undefined || this.#closed) return subscription;
    const { name, topic } = subscription;
    const isHeld = () => this.#settings.of(topic).hold;
    const loop = new DeliveryLoop({
      claim: (limit) => isHeld() ? [] : this.#store.claim(name, { now: this.#clock.now(), limit }),
      nextDueAt: () => isHeld() ? undefined : this.#store.nextDueAt(name),
      settle: (message, outcome) => this.#settle(subscription, message, outcome),
    }, destination);
    this.#loops.set(name, loop);
    loop.pump();
    return subscription;
  }

  /** Ends a subscription's deliveries; those under way go on. */
  #stop(name: string): void {
    const loop = this.#loops.get(name);
    if (loop === undefined) return;
    this.#loops.delete(name);
    this.#ending.add(loop);
    void loop.close().finally(() => this.#ending.delete(loop));
  }

  #publishOne(topic: string, { data, attributes }: NewMessage): string {
    const { duplicate, shuffle, drop } = this.#settings.of(topic);
    const id = newMessageId();
    if (drop > 0) {
      this.#settings.change(topic, { drop: drop - 1 });
      this.#store.count(topic, "dropped");
      return id;
    }
    const published = this.#clock.now();
    for (const { name, filter } of this.subscriptionsOf(topic)) {
      if (!parseFilter(filter)(attributes)) continue;
      for (let copy = 0; copy <= duplicate; copy++) {
        const message = { id: copy === 0 ? id : newMessageId(), data, attributes, published };
        this.#store.insert(name, message, published + (shuffle ? randomInt(SHUFFLE_MS) : 0));
      }
    }
    return id;
  }

  /** A lease whose deadline passed counts as refused, whoever held it. */
  #claimForCaller(subscription: Subscription, limit: number): Leased[] {
    const { name } = subscription;
    for (const message of this.#store.lapsed(name, this.#clock.now())) {
      this.#settle(subscription, message, "refused");
    }
    const now = this.#clock.now();
    const until = now + ackDeadlineMs(subscription, this.#options.timing);
    const lease = { name: randomInt(2 ** 40).toString(36), until };
    return this.#store.claim(name, { now, limit, lease });
  }

  #settle(subscription: Subscription, message: Leased, outcome: Outcome): void {
    const { timing } = this.#options;
    const now = this.#clock.now();
    if (outcome === "unsent") return this.#store.requeue(message, now + timing.minBackoffMs, 1);
    if (outcome === "refused") return this.#refused(subscription, message);
    inTransaction(this.#options.db, () => {
      this.#store.remove(message);
      this.#store.count(subscription.name, "delivered");
    });
  }

  #refused(subscription: Subscription, message: Leased): void {
    const { timing, db, log } = this.#options;
    const { deadLetterPolicy: policy, topic, name } = subscription;
    const most = this.#settings.of(topic).maxAttempts ?? timing.maxAttempts ??
      policy?.maxDeliveryAttempts ?? NEVER;
    // Without its topic a dead letter cannot be forwarded, and the message goes on as before.
    const isDead = policy !== undefined && message.attempts >= most &&
      this.topics.has(policy.deadLetterTopic);
    if (!isDead) {
      const waitMs = backoffMs(subscription, message.attempts, timing);
      return this.#store.requeue(message, this.#clock.now() + waitMs);
    }
    log.error("message_dead_lettered", { subscription: name, messageId: message.id });
    inTransaction(db, () => {
      const [letters = subscription] = this.subscriptionsOf(policy.deadLetterTopic);
      const keepMs = durationMs(letters.messageRetentionDuration);
      this.#store.bury(message, this.#clock.now() + keepMs);
      this.#store.count(name, "deadLettered");
      const attributes = { ...message.attributes, ...deadLetterAttributes(subscription, message) };
      this.#publishOne(policy.deadLetterTopic, { data: message.data, attributes });
    });
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    for (const loop of this.#loops.values()) loop.pump();
  }

  async #changeWithin(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    await Promise.race([this.#changed.promise, over.promise]);
    clearTimeout(timer);
  }
}

/** What Pub/Sub adds to a forwarded message (https://cloud.google.com/pubsub/docs/handling-failures). */
function deadLetterAttributes({ name }: Subscription, message: Leased): Record<string, string> {
  const [, project = "", , subscription = ""] = name.split("/");
  return {
    CloudPubSubDeadLetterSourceDeliveryCount: String(message.attempts),
    CloudPubSubDeadLetterSourceSubscription: subscription,
    CloudPubSubDeadLetterSourceSubscriptionProject: project,
    CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.published).toISOString(),
  };
}

/**
 * Pub/Sub push on one machine, inside the storage process and in its database:
 * `enqueue` writes a notification in the transaction that commits the object; workers push it with
 * an identity token until it is acknowledged; what is refused too often goes to the dead letters.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "@tintype/core/ports/clock";
import type { Log } from "@tintype/core/ports/log";
import type { IdentityTokens } from "./identity_tokens.ts";
import type { StorageEvent, SubscriptionKey } from "./push_message.ts";
import { DEFAULT_PUSH_POLICY, messageRetentionOf, type PushPolicy } from "./push_policy.ts";
import { NO_FAULTS, type PushSettings } from "./push_settings.ts";
import { PushStore } from "./push_store.ts";
import { PushWorker } from "./push_worker.ts";

/** What a {@link PushQueue} is made of. */
export interface PushQueueOptions {
  /** The caller's open database; the queue makes its own tables in it and never closes it. */
  readonly db: DatabaseSync;
  /** The pushed endpoint's base address without a slash at the end, `http://localhost:8080`; also the audience's. */
  readonly processorUrl: string;
  /** Makes the tokens; `new IdentityTokens({ oidcUrl })`. */
  readonly identity: IdentityTokens;
  /** What is not given has the default of {@link PushPolicy}. */
  readonly policy?: Partial<PushPolicy>;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Where all messages are. */
interface PushStatus {
  /** Waiting for a delivery, dead letters' own messages included. */
  readonly queued: number;
  readonly delivering: number;
  /** Events acknowledged, ever. */
  readonly delivered: number;
  /** Events that became dead letters, ever. */
  readonly deadLettered: number;
  /** Dead letters acknowledged by the dead-letter endpoint, ever. */
  readonly deadDelivered: number;
  /** Dead letters that `redrive` would send again. */
  readonly dead: number;
  /** Messages that outlived the retention of their subscription, ever. */
  readonly expired: number;
  /** Events lost on purpose, ever. */
  readonly dropped: number;
  /** Of the queued ones, those kept back by `hold`. */
  readonly held: number;
  readonly settings: PushSettings;
  /** Age of the oldest queued message in milliseconds; null where there is none. */
  readonly oldestQueuedMs: number | null;
}

/** The one bucket with a notification configuration, which covers OBJECT_FINALIZE only. */
export const NOTIFIED_BUCKET = "tintype-raw";

const SHUFFLE_MS = 1_000;

/**
 * Notifications that are pushed at least once. All of it survives a kill: what was under way is queued again.
 * The caller's transactions must be synchronous (no await between BEGIN and COMMIT), as the queue writes on the
 * same connection.
 */
export class PushQueue {
  readonly #store: PushStore;
  readonly #workers: readonly PushWorker[];
  readonly #clock: Clock;
  readonly #log: Log | undefined;
  readonly #retention: Record<SubscriptionKey, number>;
  readonly #expiryTimer: NodeJS.Timeout;
  #settings: PushSettings = NO_FAULTS;
  #waking: NodeJS.Immediate | undefined;
  #closed = false;

  /** Makes its tables and queues again what a killed process was delivering; delivers nothing before {@link wake}. */
  constructor(options: PushQueueOptions) {
    const policy = { ...DEFAULT_PUSH_POLICY, ...options.policy };
    this.#clock = options.clock ?? Date;
    this.#log = options.log;
    this.#store = new PushStore(options.db);
    this.#store.requeueDelivering();
    this.#retention = messageRetentionOf(policy.retentionMs);
    const common = {
      store: this.#store,
      processorUrl: options.processorUrl,
      identity: options.identity,
      policy,
      clock: this.#clock,
      log: this.#log,
      settings: () => this.#settings,
      onBuried: () => this.wake(),
    };
    this.#workers = [
      new PushWorker("events", { ...common, name: "tintype-events-push", path: "/events/storage" }),
      new PushWorker("dead", { ...common, name: "tintype-dead-push", path: "/events/dead" }),
    ];
    const everyMs = Math.min(60_000, Math.round(this.#retention.events / 6));
    this.#expiryTimer = setInterval(() => this.#expire(), everyMs).unref();
  }

  /**
   * Writes the event's messages; synchronous, to be called inside the transaction that commits the object.
   * Answers whether a notification configuration covers the event (other buckets and event types are passed over).
   */
  enqueue(event: StorageEvent): boolean {
    if (event.bucket !== NOTIFIED_BUCKET || event.eventType !== "OBJECT_FINALIZE") return false;
    const { duplicate, shuffle, drop } = this.#settings;
    if (drop > 0) {
      this.#settings = { ...this.#settings, drop: drop - 1 };
      this.#store.count("dropped", 1);
      return true;
    }
    const nowMs = this.#clock.now();
    const stored = { ...event, eventTime: new Date(nowMs).toISOString() };
    for (let copy = 0; copy <= duplicate; copy++) {
      const nextAt = shuffle ? nowMs + Math.floor(Math.random() * SHUFFLE_MS) : nowMs;
      this.#store.insert({ subscription: "events", event: stored, attributes: {}, nowMs, nextAt });
    }
    return true;
  }

  /** Starts deliveries soon: after each commit, and once when the process accepts connections. */
  wake(): void {
    if (this.#closed) return;
    this.#waking ??= setImmediate(() => {
      this.#waking = undefined;
      this.#expire();
      for (const worker of this.#workers) worker.pump();
    });
  }

  /** Changes the faults that are named and leaves the others. */
  configure(
    change: { readonly [Key in keyof PushSettings]?: PushSettings[Key] | undefined },
  ): void {
    const { duplicate, hold, shuffle, drop, maxAttempts } = this.#settings;
    this.#settings = {
      duplicate: change.duplicate ?? duplicate,
      hold: change.hold ?? hold,
      shuffle: change.shuffle ?? shuffle,
      drop: change.drop ?? drop,
      maxAttempts: change.maxAttempts === undefined ? maxAttempts : change.maxAttempts,
    };
    this.wake();
  }

  /** Sends every dead letter again as a fresh event and answers how many. */
  redrive(): number {
    const count = this.#store.redrive(this.#clock.now());
    this.wake();
    return count;
  }

  /** Counts all messages. */
  status(): PushStatus {
    const { oldestQueuedAt, ...counts } = this.#store.status();
    return {
      ...counts,
      held: this.#settings.hold ? counts.queued : 0,
      settings: this.#settings,
      oldestQueuedMs: oldestQueuedAt === null ? null : this.#clock.now() - oldestQueuedAt,
    };
  }

  /**
   * Starts no more deliveries, waits for those under way up to `graceMs`, cuts the rest, which are queued again.
   * Afterwards the queue touches the database no more.
   */
  async close(graceMs = 5_000): Promise<void> {
    this.#closed = true;
    clearImmediate(this.#waking);
    clearInterval(this.#expiryTimer);
    await Promise.all(this.#workers.map((worker) => worker.close(graceMs)));
  }

  #expire(): void {
    const count = this.#store.expire(this.#retention, this.#clock.now());
    if (count > 0) this.#log?.warn("push_expired", { count });
  }
}

import type { DatabaseSync } from "node:sqlite";
import type { Log } from "@tintype/core/ports/log";
import { IdentityTokens } from "../pubsub/identity_tokens.ts";
import { pushControls } from "../pubsub/push_control.ts";
import type { PushPolicy } from "../pubsub/push_policy.ts";
import { PushQueue } from "../pubsub/push_queue.ts";
import { Scheduler } from "../pubsub/scheduler.ts";
import { schedulerControls } from "../pubsub/scheduler_control.ts";
import { objectResource } from "./object_resource.ts";
import type { Notifications } from "./storage.ts";

/** What notifications are made with. */
interface NotificationOptions {
  readonly oidcUrl: string;
  readonly processorUrl: string;
  /** The period of retention in milliseconds. */
  readonly retentionMs: number;
  readonly log: Log;
  /** What is undefined has its default. */
  readonly policy: { readonly [Key in keyof PushPolicy]?: PushPolicy[Key] | undefined };
}

/** Push deliveries and the scheduler, to be put into a storage. */
interface LocalNotifications {
  /** Makes the queue in the storage's database. */
  readonly open: (db: DatabaseSync) => Notifications;
  /** Starts deliveries and jobs; `url` is how resources name the storage. */
  readonly start: (url: string) => void;
  /** Ends both, at most 4 s later. */
  readonly close: () => Promise<void>;
}

const CLOSE_MS = 4_000;

/** Puts Pub/Sub and the scheduler together; throws RangeError for a period that is no retention period. */
export function makeNotifications(options: NotificationOptions): LocalNotifications {
  const { oidcUrl, processorUrl, retentionMs, log } = options;
  const identity = new IdentityTokens({ oidcUrl });
  const scheduler = new Scheduler({ processorUrl, identity, retentionMs, log });
  const given = Object.entries(options.policy).filter(([, value]) => value !== undefined);
  const policy: Partial<PushPolicy> = { ...Object.fromEntries(given), retentionMs };
  let queue: PushQueue | undefined;
  let baseUrl = "";
  return {
    open(db) {
      const opened = new PushQueue({ db, processorUrl, identity, policy, log });
      queue = opened;
      return {
        events: {
          finalized(object, overwritten) {
            opened.enqueue({
              eventType: "OBJECT_FINALIZE",
              bucket: object.bucket,
              resource: objectResource(object, baseUrl),
              ...overwritten !== null && { overwroteGeneration: String(overwritten.generation) },
            });
          },
          committed: () => opened.wake(),
        },
        controls: [...pushControls(opened), ...schedulerControls(scheduler)],
      };
    },
    start(url) {
      baseUrl = url;
      queue?.wake();
      scheduler.start();
    },
    async close() {
      await Promise.all([queue?.close(CLOSE_MS), scheduler.close(CLOSE_MS)]);
    },
  };
}

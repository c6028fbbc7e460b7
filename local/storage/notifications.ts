import type { DatabaseSync } from "node:sqlite";
import type { Log } from "@tintype/core/ports/log";
import { IdentityTokens } from "../pubsub/identity_tokens.ts";
import { handlePushControl, PUSH_CONTROLS } from "../pubsub/push_control.ts";
import type { PushPolicy } from "../pubsub/push_policy.ts";
import { PushQueue } from "../pubsub/push_queue.ts";
import { Scheduler } from "../pubsub/scheduler.ts";
import { handleSchedulerControl, SCHEDULER_CONTROLS } from "../pubsub/scheduler_control.ts";
import { objectResource } from "./object_resource.ts";
import { type Notifications, NOTIFIED_BUCKET } from "./storage.ts";

/** What notifications are made with. */
export interface NotificationOptions {
  readonly issuerUrl: string;
  readonly processorUrl: string;
  /** The period of retention in milliseconds. */
  readonly retentionMs: number;
  readonly log: Log;
  /** What is undefined has its default. */
  readonly policy: { readonly [Key in keyof PushPolicy]?: PushPolicy[Key] | undefined };
}

/** Push deliveries and the scheduler, to be put into a storage. */
export interface LocalNotifications {
  /** Makes the queue in the storage's database. */
  readonly open: (db: DatabaseSync) => Notifications;
  /** Starts deliveries and jobs; `url` is how resources name the storage. */
  readonly start: (url: string) => void;
  /** Ends both, at most 4 s later. */
  readonly close: () => Promise<void>;
}

const CLOSE_MS = 4_000;

/** Puts the push room together; throws RangeError for a period that is no retention period. */
export function makeNotifications(options: NotificationOptions): LocalNotifications {
  const { issuerUrl, processorUrl, retentionMs, log } = options;
  const identity = new IdentityTokens({ issuerUrl });
  const scheduler = new Scheduler({ processorUrl, identity, retentionMs, log });
  const given = Object.entries(options.policy).filter(([, value]) => value !== undefined);
  const policy: Partial<PushPolicy> = { ...Object.fromEntries(given), retentionMs };
  let queue: PushQueue | undefined;
  let baseUrl = "";
  return {
    open(db) {
      const opened = new PushQueue({
        db,
        processorUrl,
        identity,
        bucket: NOTIFIED_BUCKET,
        policy,
        log,
      });
      queue = opened;
      return {
        events: {
          finalized(object, overwritten) {
            const { bucket } = object;
            const resource = objectResource(object, baseUrl);
            const event = { eventType: "OBJECT_FINALIZE", bucket, resource } as const;
            opened.enqueue(
              overwritten === null
                ? event
                : { ...event, overwroteGeneration: String(overwritten.generation) },
            );
          },
          committed: () => opened.wake(),
        },
        controls: {
          docs: [...PUSH_CONTROLS, ...SCHEDULER_CONTROLS],
          handle: async (request) =>
            handlePushControl(opened, request) ?? await handleSchedulerControl(scheduler, request),
        },
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

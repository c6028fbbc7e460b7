import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@tintype/core/ports/log";
import { RETRY } from "@tintype/gcs/retry";
import { publish } from "@tintype/pubsub/publish";
import type { Control } from "../http/controls.ts";
import { EVENTS_TOPIC, NotificationOutbox } from "./notification_outbox.ts";
import type { Notifications } from "./storage.ts";

/** What notifications are made with. */
interface NotificationOptions {
  /** The local Pub/Sub's address: `http://localhost:9085`. */
  readonly pubsubUrl: string;
  readonly log: Log;
}

/** The publisher of a storage's notifications, to be put into it. */
interface LocalNotifications {
  /** Opens the outbox in the storage's database. */
  readonly open: (db: DatabaseSync) => Notifications;
  /** Begins to publish; `url` is how resources name the storage. */
  readonly start: (url: string) => void;
  /** Ends it; the rest stays in the outbox. */
  readonly close: () => Promise<void>;
}

const BATCH = 100;
const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 3_000;
const FORWARD_MS = 200_000;

/** Publishes notifications as Cloud Storage's service agent does, in order, each until Pub/Sub has taken it. */
export function makeNotifications({ pubsubUrl, log }: NotificationOptions): LocalNotifications {
  // This loop is what retries.
  const access = { endpoint: pubsubUrl, retry: { ...RETRY, attempts: 1 } };
  const ending = new AbortController();
  const { signal } = ending;
  let outbox: NotificationOutbox | undefined;
  let baseUrl = "";
  let publishing: Promise<void> | undefined;
  let isStarted = false;

  async function publishAll(from: NotificationOutbox): Promise<void> {
    for (let failures = 0; !signal.aborted && !from.isEmpty;) {
      const { messages, last } = from.oldest(BATCH);
      try {
        await publish(access, EVENTS_TOPIC, messages, { signal });
        from.removeUpTo(last);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0) log.warn("notifications_wait", { error: String(error) });
        const waitMs = Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** failures++);
        await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  function wake(): void {
    if (outbox === undefined || !isStarted || signal.aborted || outbox.isEmpty) return;
    publishing ??= publishAll(outbox).finally(() => {
      publishing = undefined;
      wake(); // for what was committed while it ended
    });
  }

  return {
    open(db) {
      const opened = new NotificationOutbox(db);
      outbox = opened;
      return {
        events: {
          finalized: (object, overwritten) => opened.add({ object, overwritten, baseUrl }),
          committed: wake,
        },
        controls: forwardedControls(pubsubUrl, opened),
      };
    },
    start(url) {
      baseUrl = url;
      isStarted = true;
      wake();
    },
    async close() {
      ending.abort();
      await publishing;
    },
  };
}

const FORWARDED = [
  { method: "GET", path: "/_local/push" },
  { method: "POST", path: "/_local/push" },
  { method: "POST", path: "/_local/push/redrive" },
  { method: "POST", path: "/_local/scheduler" },
] as const;

/** Pub/Sub's own controls, and how many notifications it has not taken yet. */
function forwardedControls(pubsubUrl: string, outbox: NotificationOutbox): Control[] {
  const forwarded = FORWARDED.map(({ method, path }): Control => ({
    method,
    path,
    does: "as Pub/Sub's; notifications that it has not taken yet count as queued",
    async run(body) {
      // Counted first: what is published meanwhile is counted there.
      const waiting = outbox.size;
      const { status, body: response } = await forward(method, pubsubUrl + path, body);
      if (path !== "/_local/push" || status !== 200) return { status, body: response };
      const { queued, ...rest } = Object(response);
      return { body: { queued: queued + waiting, ...rest } };
    },
  }));
  return [...forwarded, {
    method: "GET",
    path: "/_local/notifications",
    does: "counts the notifications that Pub/Sub has not taken yet: {waiting: n}",
    run: () => ({ body: { waiting: outbox.size } }),
  }];
}

async function forward(method: string, url: string, body: unknown) {
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const signal = AbortSignal.timeout(FORWARD_MS);
    const response = await fetch(url, { method, signal, ...sent });
    const json: unknown = await response.json();
    return { status: response.status, body: json };
  } catch {
    const error = { code: 502, message: "The local Pub/Sub does not respond" };
    return { status: 502, body: { error } };
  }
}

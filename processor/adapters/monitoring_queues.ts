import type { CallOptions } from "@tintype/core/ports/call_options";
import type { EventQueues } from "@tintype/core/ports/event_queues";
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { callStorage, readJson } from "@tintype/gcs/storage_call";
import * as z from "zod";
import { cloudResult } from "./_cloud_failure.ts";
import { googleHeaders } from "./_google_auth.ts";

/** Whose subscriptions, and where their metrics are. */
export interface MonitoringQueuesOptions {
  readonly projectId: string;
  /** Every subscription whose messages are events of images: ids, without the project. */
  readonly subscriptions: readonly string[];
  /** An emulator's address without a path, asked without credentials; Cloud Monitoring itself where none is given. */
  readonly endpoint?: string | undefined;
}

/** Pub/Sub's metrics of a subscription: sampled every 60 s, visible up to 120 s later. */
const METRICS = {
  age: "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
  count: "pubsub.googleapis.com/subscription/num_undelivered_messages",
} as const;

/** What is older says nothing of now, in milliseconds. */
const RECENT_MS = 600_000;
/** Ages are whole seconds: one that is cut off makes a message too young. */
const GRAIN_MS = 1_000;

const seriesSchema = z.object({
  resource: z.object({ labels: z.object({ subscription_id: z.string() }) }),
  points: z.array(z.object({
    interval: z.object({ endTime: z.iso.datetime({ offset: true }) }),
    value: z.object({ int64Value: z.coerce.number() }),
  })).default([]),
});
const pageSchema = z.object({
  timeSeries: z.array(seriesSchema).default([]),
  nextPageToken: z.string().optional(),
});

/** A metric's newest point: when, in milliseconds since the epoch, and its value. */
interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** How long events have waited, as Cloud Monitoring knows it (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list). */
export function monitoringQueues(options: MonitoringQueuesOptions): EventQueues {
  const newest = (metric: keyof typeof METRICS, call: CallOptions) =>
    cloudResult("read metrics", newestPoints(options, metric, call), call.signal);
  return {
    async waitingSince(call = {}) {
      const ages = await newest("age", call);
      const lacking = options.subscriptions.filter((id) => !ages.has(id));
      // A subscription that nothing waits in may have no age.
      const counts = lacking.length === 0 ? undefined : await newest("count", call);
      const times = options.subscriptions.map((id) => {
        const age = ages.get(id);
        if (age !== undefined) return age.atMs - age.value * 1_000 - GRAIN_MS;
        const count = counts?.get(id);
        return count?.value === 0 ? count.atMs - GRAIN_MS : undefined;
      });
      const known = times.filter((time) => time !== undefined);
      return known.length === times.length ? Math.min(...known) : undefined;
    },
  };
}

async function newestPoints(
  { projectId, endpoint }: MonitoringQueuesOptions,
  metric: keyof typeof METRICS,
  { signal }: CallOptions,
): Promise<ReadonlyMap<string, Point>> {
  const access = {
    endpoint: endpoint ?? "https://monitoring.googleapis.com",
    authorize: endpoint === undefined ? withHeaders(googleHeaders) : anonymous,
  };
  const nowMs = Date.now();
  const newest = new Map<string, Point>();
  let pageToken: string | undefined;
  do {
    const query = {
      filter: `metric.type = "${METRICS[metric]}"`,
      "interval.startTime": new Date(nowMs - RECENT_MS).toISOString(),
      "interval.endTime": new Date(nowMs).toISOString(),
      pageToken,
    };
    const path = `/v3/projects/${projectId}/timeSeries`;
    const call = { method: "GET", path, query, signal } as const;
    const page = pageSchema.parse(await callStorage<unknown>(access, call, readJson));
    for (const { resource, points } of page.timeSeries) {
      for (const { interval, value } of points) {
        const point = { atMs: Date.parse(interval.endTime), value: value.int64Value };
        const id = resource.labels.subscription_id;
        if (point.atMs > (newest.get(id)?.atMs ?? 0)) newest.set(id, point);
      }
    }
    pageToken = page.nextPageToken || undefined;
  } while (pageToken !== undefined);
  return newest;
}

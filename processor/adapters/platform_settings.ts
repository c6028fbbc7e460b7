import type { CallOptions } from "@tintype/core/ports/call_options";
import type {
  BucketSettings,
  MessageSettings,
  PlatformSettings,
} from "@tintype/core/ports/platform_settings";
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { callStorage, readJson } from "@tintype/gcs/storage_call";
import * as z from "zod";
import { cloudResult } from "./_cloud_failure.ts";
import { googleHeaders } from "./_google_auth.ts";

/** Where the settings are read; an emulator's address is asked without credentials. */
export interface PlatformOptions {
  readonly projectId: string;
  readonly buckets: Readonly<Record<BucketSettings["role"], string>>;
  readonly dataset: string;
  readonly endpoints: Readonly<
    Record<"storage" | "pubsub" | "bigquery" | "logging", string | undefined>
  >;
}

const HOUR_MS = 3_600_000;
const DEAD = /-dead$/;
const days = z.coerce.number();
/** A `google.protobuf.Duration`, in milliseconds. */
const duration = z.string().regex(/^[\d.]+s$/).transform((text) =>
  Number(text.slice(0, -1)) * 1_000
);
const lastPart = z.string().transform((name) => name.split("/").at(-1) ?? "");

/** https://cloud.google.com/storage/docs/json_api/v1/buckets#resource */
const bucketSchema = z.object({
  lifecycle: z.object({
    rule: z.array(z.object({
      action: z.object({ type: z.string() }),
      condition: z.looseObject({ age: days.optional(), daysSinceCustomTime: days.optional() }),
    })).default([]),
  }).default({ rule: [] }),
  softDeletePolicy: z.object({ retentionDurationSeconds: z.coerce.number().default(0) })
    .default({ retentionDurationSeconds: 0 }),
  versioning: z.object({ enabled: z.boolean().default(false) }).default({ enabled: false }),
});
/** https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics#Topic */
const topicSchema = z.object({ name: lastPart, messageRetentionDuration: duration.default(0) });
/** https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions#Subscription */
const subscriptionSchema = z.object({
  name: lastPart,
  topic: lastPart,
  messageRetentionDuration: duration.default(7 * 24 * HOUR_MS),
  retainAckedMessages: z.boolean().default(false),
});
/** https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets#Dataset */
const datasetSchema = z.object({ maxTimeTravelHours: z.coerce.number().default(168) });
/** https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#Table */
const tableSchema = z.object({
  timePartitioning: z.object({ expirationMs: z.coerce.number().optional() }).optional(),
});
const listedTableSchema = z.object({
  tableReference: z.object({ tableId: z.string() }),
  type: z.string(),
});
/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.buckets */
const logBucketSchema = z.object({ name: lastPart, retentionDays: days.default(30) });

/** Google Cloud's settings, by the APIs that Terraform sets them with. */
export function platformSettings(options: PlatformOptions): PlatformSettings {
  const { projectId, buckets, dataset, endpoints } = options;
  const asking = (api: keyof typeof endpoints, { signal }: CallOptions) => {
    const endpoint = endpoints[api];
    const access = {
      endpoint: endpoint ?? `https://${api}.googleapis.com`,
      authorize: endpoint === undefined ? withHeaders(googleHeaders) : anonymous,
    };
    return async <T>(path: string, schema: z.ZodType<T>, query = {}): Promise<T> => {
      const read = async () =>
        schema.parse(
          await callStorage<unknown>(access, { method: "GET", path, query, signal }, readJson),
        );
      return await cloudResult(`read the settings at ${path}`, read(), signal);
    };
  };
  return {
    async buckets(call = {}) {
      const ask = asking("storage", call);
      const roles = Object.entries(buckets) as [BucketSettings["role"], string][]; // its only keys
      return await Promise.all(
        roles.map(async ([role, name]) =>
          bucketSettingsOf(role, await ask(`/storage/v1/b/${name}`, bucketSchema))
        ),
      );
    },
    async messages(call = {}) {
      const ask = asking("pubsub", call);
      const project = `/v1/projects/${projectId}`;
      const topics = await allPages(ask, `${project}/topics`, {
        field: "topics",
        item: topicSchema,
      });
      const subscriptions = await allPages(ask, `${project}/subscriptions`, {
        field: "subscriptions",
        item: subscriptionSchema,
      });
      return [
        ...topics.map((each): MessageSettings => ({
          ...{ kind: "topic", id: each.name, isDead: DEAD.test(each.name) },
          ...{ keepsMs: each.messageRetentionDuration, keepsAcknowledged: false },
        })),
        ...subscriptions.map((each): MessageSettings => ({
          ...{ kind: "subscription", id: each.name, isDead: DEAD.test(each.topic) },
          keepsMs: each.messageRetentionDuration,
          keepsAcknowledged: each.retainAckedMessages,
        })),
      ];
    },
    async dataset(call = {}) {
      const ask = asking("bigquery", call);
      const path = `/bigquery/v2/projects/${projectId}/datasets/${dataset}`;
      const [{ maxTimeTravelHours }, images, purges, tables] = await Promise.all([
        ask(path, datasetSchema),
        ask(`${path}/tables/images`, tableSchema),
        ask(`${path}/tables/purges`, tableSchema),
        allPages(ask, `${path}/tables`, { field: "tables", item: listedTableSchema }),
      ]);
      const copies = tables.filter(({ type }) => type !== "TABLE" && type !== "VIEW");
      return {
        timeTravelHours: maxTimeTravelHours,
        partitionExpirationMs: {
          images: images.timePartitioning?.expirationMs,
          purges: purges.timePartitioning?.expirationMs,
        },
        copies: copies.map(({ tableReference: { tableId }, type }) => `${tableId} (${type})`),
      };
    },
    async logBuckets(call = {}) {
      const path = `/v2/projects/${projectId}/locations/-/buckets`;
      const list = { field: "buckets", item: logBucketSchema };
      const found = await allPages(asking("logging", call), path, list);
      return found.map(({ name, retentionDays }) => ({ id: name, retentionDays }));
    },
  };
}

type Ask = <T>(path: string, schema: z.ZodType<T>, query?: object) => Promise<T>;

async function allPages<T>(
  ask: Ask,
  path: string,
  { field, item }: { readonly field: string; readonly item: z.ZodType<T> },
): Promise<T[]> {
  const schema = z.looseObject({ nextPageToken: z.string().optional() });
  const items = z.array(item).default([]);
  const all: T[] = [];
  let pageToken: string | undefined;
  do {
    const page = await ask(path, schema, { pageToken });
    all.push(...items.parse(page[field]));
    pageToken = page.nextPageToken || undefined;
  } while (pageToken !== undefined);
  return all;
}

function bucketSettingsOf(
  role: BucketSettings["role"],
  { lifecycle, softDeletePolicy, versioning }: z.infer<typeof bucketSchema>,
): BucketSettings {
  const rules = (type: string) =>
    lifecycle.rule.filter(({ action }) => action.type === type).map(({ condition }) => condition);
  const only = (name: "age" | "daysSinceCustomTime", type = "Delete") =>
    rules(type).flatMap((condition) =>
      Object.keys(condition).join() === name ? condition[name] ?? [] : []
    );
  const [deleteAfterDays, deleteAfterCustomTimeDays] = [only("age"), only("daysSinceCustomTime")];
  return {
    role,
    deleteAfterDays,
    deleteAfterCustomTimeDays,
    otherDeletes: rules("Delete").length - deleteAfterDays.length -
      deleteAfterCustomTimeDays.length,
    abortMultipartDays: only("age", "AbortIncompleteMultipartUpload"),
    softDeleteMs: softDeletePolicy.retentionDurationSeconds * 1_000,
    hasVersions: versioning.enabled,
  };
}

import { AppError } from "@tintype/core/errors";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type {
  PlatformSettings,
  Setting,
  SettingGroup,
  SettingName,
} from "@tintype/core/ports/platform_settings";
import * as z from "zod";
import { cloudResult } from "./_cloud_failure.ts";
import { googleApi } from "./_google_api.ts";
import { type BesideOptions, besideSettings } from "./beside_settings.ts";

/** Where the settings are read; an emulator's address is asked without credentials. */
export interface PlatformOptions {
  readonly projectId: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly dataset: string;
  readonly endpoints: Readonly<
    Record<"storage" | "pubsub" | "bigquery" | "logging", string | undefined>
  >;
  /** Where an audit looks for what an organisation switched on beside Tintype; without it those groups cannot be read. */
  readonly beside?: Pick<BesideOptions, "endpoint">;
}

const HOLD_IMAGES = ["raw", "processed", "erasures"];
const number = z.coerce.number();
/** A `google.protobuf.Duration`, in seconds. */
const duration = z.string().regex(/^[\d.]+s$/).transform((text) => Number(text.slice(0, -1)));
const lastPart = z.string().transform((name) => name.split("/").at(-1) ?? "");

/** https://cloud.google.com/storage/docs/json_api/v1/buckets#resource */
const bucketSchema = z.object({
  lifecycle: z.object({
    rule: z.array(z.object({
      action: z.object({ type: z.string() }),
      condition: z.looseObject({ age: number.optional(), daysSinceCustomTime: number.optional() }),
    })).default([]),
  }).optional(),
  softDeletePolicy: z.object({ retentionDurationSeconds: number.default(0) }).optional(),
  versioning: z.object({ enabled: z.boolean().default(false) }).optional(),
});
type BucketResource = z.infer<typeof bucketSchema>;
/** https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics#Topic */
const topicSchema = z.object({ name: lastPart, messageRetentionDuration: duration.default(0) });
/** https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions#Subscription */
const subscriptionSchema = z.object({
  name: lastPart,
  topic: lastPart,
  messageRetentionDuration: duration.default(604_800),
  retainAckedMessages: z.boolean().default(false),
});
/** https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets#Dataset */
const datasetSchema = z.object({ maxTimeTravelHours: number.default(168) });
/** https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#Table */
const tableSchema = z.object({
  timePartitioning: z.object({ expirationMs: number.optional() }).optional(),
});
const listedTableSchema = z.object({
  tableReference: z.object({ tableId: z.string() }),
  type: z.string(),
});
/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.buckets */
const logBucketSchema = z.object({ name: lastPart, retentionDays: number.default(30) });

/** Google Cloud's settings, by the APIs that Terraform sets them with. */
export function platformSettings(options: PlatformOptions): PlatformSettings {
  const { projectId, buckets, dataset, endpoints, beside } = options;
  const readers: Partial<Record<SettingGroup, (call: CallOptions) => Promise<Setting[]>>> = {
    ...(beside && besideSettings({ projectId, buckets, dataset, ...beside })),
    async buckets(call) {
      const { get } = googleApi("storage", endpoints.storage, call);
      const read = Object.entries(buckets).map(async ([role, name]) =>
        ofBucket(role, await get(`/storage/v1/b/${name}`, bucketSchema))
      );
      return (await Promise.all(read)).flat();
    },
    async messages(call) {
      const { list } = googleApi("pubsub", endpoints.pubsub, call);
      const [topics, subscriptions] = await Promise.all([
        list(`/v1/projects/${projectId}/topics`, "topics", topicSchema),
        list(`/v1/projects/${projectId}/subscriptions`, "subscriptions", subscriptionSchema),
      ]);
      return [
        ...topics.map((each) => kept(each.name, each.name, each.messageRetentionDuration)),
        ...subscriptions.flatMap(({ topic, name, ...each }) => [
          kept(topic, name, each.messageRetentionDuration),
          acknowledged(topic, name, each.retainAckedMessages),
        ]),
      ];
    },
    async dataset(call) {
      const { get, list } = googleApi("bigquery", endpoints.bigquery, call);
      const path = `/bigquery/v2/projects/${projectId}/datasets/${dataset}`;
      const [{ maxTimeTravelHours }, images, purges, tables] = await Promise.all([
        get(path, datasetSchema),
        get(`${path}/tables/images`, tableSchema),
        get(`${path}/tables/purges`, tableSchema),
        list(`${path}/tables`, "tables", listedTableSchema),
      ]);
      const copies = tables.filter(({ type }) => type !== "TABLE" && type !== "VIEW");
      return [
        setting("timeTravelHours", dataset, maxTimeTravelHours),
        setting("imagesExpirationMs", "images", images.timePartitioning?.expirationMs),
        setting("purgesExpirationMs", "purges", purges.timePartitioning?.expirationMs),
        ...copies.map(({ tableReference }) => setting("tableCopies", tableReference.tableId, 1)),
      ];
    },
    async logs(call) {
      const { list } = googleApi("logging", endpoints.logging, call);
      const path = `/v2/projects/${projectId}/locations/-/buckets`;
      // Google's own, of 400 days, holds who administered what.
      const found = (await list(path, "buckets", logBucketSchema))
        .filter(({ name }) => name !== "_Required");
      return found.map(({ name, retentionDays }) => setting("logDays", name, retentionDays));
    },
  };
  return {
    read: async (group, call) => {
      const reader = readers[group];
      if (reader === undefined) throw new AppError("internal", "the emulators have none of it");
      return await cloudResult(`read settings of ${group}`, reader(call), call.signal);
    },
  };
}

function setting(name: SettingName, of: string, value: number | undefined): Setting {
  return { name, of, value };
}

function ofBucket(role: string, bucket: BucketResource): Setting[] {
  const { softDeletePolicy, versioning } = bucket;
  const settings = [
    setting("softDeleteSeconds", role, softDeletePolicy?.retentionDurationSeconds ?? 0),
    setting("versions", role, Number(versioning?.enabled ?? false)),
  ];
  return HOLD_IMAGES.includes(role) ? [...settings, ...lifecycleOf(role, bucket)] : settings;
}

/** Only a rule with no other condition bounds anything; each that is missing has no value. */
function lifecycleOf(role: string, { lifecycle }: BucketResource): Setting[] {
  const conditionsOf = (type: string) =>
    lifecycle?.rule.filter(({ action }) => action.type === type)
      .map(({ condition }) => condition) ?? [];
  const only = (by: "age" | "daysSinceCustomTime", type = "Delete") =>
    conditionsOf(type).flatMap((each) => Object.keys(each).join() === by ? each[by] ?? [] : []);
  const [ages, customTimes] = [only("age"), only("daysSinceCustomTime")];
  const each = (name: SettingName, days: readonly (number | undefined)[]) =>
    (days.length === 0 ? [undefined] : days).map((value) => setting(name, role, value));
  const others = conditionsOf("Delete").length - ages.length - customTimes.length;
  return [
    ...each("deleteByAgeDays", ages),
    ...each("deleteByCustomTimeDays", customTimes),
    ...each("abortMultipartDays", only("age", "AbortIncompleteMultipartUpload")),
    setting("deleteByOtherConditions", role, others),
  ];
}

/** By which rule what a topic holds is judged. */
function kept(topic: string, of: string, seconds: number): Setting {
  return setting(topic.endsWith("-dead") ? "deadLetterSeconds" : "eventSeconds", of, seconds);
}

function acknowledged(topic: string, of: string, isKept: boolean): Setting {
  const name = topic.endsWith("-dead") ? "acknowledgedDeadLetters" : "acknowledgedEvents";
  return setting(name, of, Number(isKept));
}

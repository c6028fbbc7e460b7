/** Where the operators' commands work: flags, and the processor's own adapters that follow from them. */
import type { Call } from "@tintype/cli/command";
import { URLS } from "@tintype/cli/local_ports";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { httpOrigin } from "@tintype/cli/flag_values";
import { cachedDaySalts, contentKeysOf } from "@tintype/core/configuration/cached_day_salts";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { certifiedPeriodMs } from "@tintype/core/retention/certificate";
import {
  RETENTION_POLICY,
  type RetentionPolicy,
  retentionPolicyOf,
} from "@tintype/core/retention/policy";
import { createBigQueryClient } from "./adapters/bigquery_client.ts";
import { BigQueryRows } from "./adapters/bigquery_rows.ts";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { platformSettings } from "./adapters/platform_settings.ts";
import { pubsubWebhooks } from "./adapters/pubsub_publisher.ts";
import { webHashing } from "./adapters/web_hashing.ts";

const LOCAL_PROJECT = "tintype-local";

/** Flags of every command that works on a system. */
export const CLOUD_FLAGS = {
  "project ID":
    "work on this Google Cloud project, with the credentials of whoever runs it; without it on the local system of `deno task start`",
  // Terraform's own default (`infra/terraform/variables.tf`).
  "prefix NAME": { about: "first part of its names, as in Terraform", default: "tintype" },
  "raw BUCKET": "default: NAME-raw",
  "processed BUCKET": "default: NAME-processed",
  "erasures BUCKET": "default: NAME-erasures",
  "certificates BUCKET": "default: NAME-certificates",
  "config BUCKET": "default: NAME-config",
  "dataset NAME": { about: "dataset of the rows", default: "tintype" },
  "storage URL": {
    about: `an emulator of Cloud Storage (local: ${URLS.storage})`,
    parse: httpOrigin,
  },
  "pubsub URL": {
    about: `an emulator of Pub/Sub (local: ${URLS.pubsub})`,
    parse: httpOrigin,
  },
  "bigquery URL": {
    about: `an emulator of BigQuery (local: ${URLS.bigquery})`,
    parse: httpOrigin,
  },
} as const;

/** Values of {@link CLOUD_FLAGS}. */
export type CloudFlags = Partial<Omit<Call<typeof CLOUD_FLAGS>, "words">>;

/** Names and addresses of a system's stores. */
export interface CloudPlaces {
  readonly projectId: string;
  readonly buckets: Readonly<
    Record<"raw" | "processed" | "erasures" | "certificates" | "config", string>
  >;
  readonly dataset: string;
  /** An emulator's address; undefined for Google Cloud itself. */
  readonly storage: string | undefined;
  readonly pubsub: string | undefined;
  readonly bigquery: string | undefined;
  readonly webhooksTopic: string;
}

/** The names and addresses that the flags mean. */
export function placesOf(flags: CloudFlags): CloudPlaces {
  const { project, prefix = "tintype", dataset = "tintype" } = flags;
  const local = project === undefined ? URLS : undefined;
  return {
    projectId: project ?? LOCAL_PROJECT,
    buckets: {
      raw: flags.raw ?? `${prefix}-raw`,
      processed: flags.processed ?? `${prefix}-processed`,
      erasures: flags.erasures ?? `${prefix}-erasures`,
      certificates: flags.certificates ?? `${prefix}-certificates`,
      config: flags.config ?? `${prefix}-config`,
    },
    dataset,
    storage: flags.storage ?? local?.storage,
    pubsub: flags.pubsub ?? local?.pubsub,
    bigquery: flags.bigquery ?? local?.bigquery,
    webhooksTopic: `${prefix}-webhooks`,
  };
}

/** Stores, topics and tables of a system. Throws UsageError where they are on this machine and nothing answers. */
export async function openStores(
  { projectId, buckets, dataset, storage, pubsub, bigquery, ...topics }: CloudPlaces,
  policy: RetentionPolicy = RETENTION_POLICY,
) {
  const emulators = [storage, pubsub, bigquery].filter((address) => address !== undefined);
  await requireLocalSystem(...emulators);
  const store = (bucket: string) => gcsObjectStore({ bucket, endpoint: storage });
  const client = createBigQueryClient({ projectId, endpoint: bigquery });
  const config = store(buckets.config);
  const configuration = { config, clock: Date, onProblem: console.error };
  return {
    raw: store(buckets.raw),
    processed: store(buckets.processed),
    erasures: store(buckets.erasures),
    certificates: store(buckets.certificates),
    config,
    webhooks: pubsubWebhooks({ projectId, endpoint: pubsub }, topics.webhooksTopic),
    contentKeys: contentKeysOf(cachedDaySalts(configuration)),
    rows: new BigQueryRows(client, { dataset, periodMs: policy.periodMs }),
    platform: platformSettings({
      ...{ projectId, buckets, dataset },
      endpoints: { storage, pubsub, bigquery, logging: pubsub },
      ...(storage === undefined ? { beside: {} } : {}),
    }),
  };
}

/** What the flags name, and the retention policy that holds there. */
export async function openCloud(flags: CloudFlags) {
  const places = placesOf(flags);
  const stores = await openStores(places);
  const policy = flags.project === undefined
    ? await localPolicy(stores.certificates)
    : RETENTION_POLICY;
  return { ...stores, policy };
}

/** `start --retention` shortens the period of a local system: its newest certificate names it. */
async function localPolicy(certificates: ObjectStore): Promise<RetentionPolicy> {
  const periodMs = await certifiedPeriodMs({ certificates, hashing: webHashing });
  return periodMs === undefined ? RETENTION_POLICY : retentionPolicyOf(periodMs);
}

/** Where the operators' commands work: flags, and the processor's own adapters that follow from them. */
import type { Call } from "@tintype/cli/command";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { httpOrigin } from "@tintype/cli/flag_values";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { certifiedPeriodMs } from "@tintype/core/retention/certificate";
import { PURGES_RETENTION_MS } from "@tintype/core/retention/bounds";
import {
  RETENTION_POLICY,
  type RetentionPolicy,
  retentionPolicyOf,
} from "@tintype/core/retention/policy";
import { BigQueryImageRows } from "./adapters/bigquery_image_rows.ts";
import { createBigQueryClient } from "./adapters/bigquery_client.ts";
import { BigQueryRowColumns } from "./adapters/bigquery_row_columns.ts";
import { BigQueryRowSink, type BigQueryRowSinkOptions } from "./adapters/bigquery_row_sink.ts";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { webHashing } from "./adapters/web_hashing.ts";

const LOCAL = {
  projectId: "tintype-local",
  storage: "http://localhost:9023",
  warehouse: "http://localhost:9050",
} as const;

/** Flags of every command that works on a system. */
export const CLOUD_FLAGS = {
  "project ID":
    "work on this Google Cloud project, with the credentials of whoever runs it; without it on the local system of `deno task start`",
  // Terraform's own default (`infra/terraform/variables.tf`).
  "prefix NAME": { about: "first part of its names, as in Terraform", default: "tintype" },
  "raw BUCKET": "default: NAME-raw",
  "processed BUCKET": "default: NAME-processed",
  "certificates BUCKET": "default: NAME-certificates",
  "dataset NAME": { about: "dataset of the rows", default: "tintype" },
  "storage URL": {
    about: `an emulator of Cloud Storage (local: ${LOCAL.storage})`,
    parse: httpOrigin,
  },
  "warehouse URL": {
    about: `an emulator of BigQuery (local: ${LOCAL.warehouse})`,
    parse: httpOrigin,
  },
} as const;

/** Values of {@link CLOUD_FLAGS}. */
export type CloudFlags = Partial<Omit<Call<typeof CLOUD_FLAGS>, "words">>;

/** Names and addresses of a system's stores. */
export interface CloudPlaces {
  readonly projectId: string;
  readonly buckets: Readonly<Record<"raw" | "processed" | "certificates", string>>;
  readonly dataset: string;
  /** An emulator's address; undefined for Google Cloud itself. */
  readonly storage: string | undefined;
  readonly warehouse: string | undefined;
}

/** The names and addresses that the flags mean. */
export function placesOf(flags: CloudFlags): CloudPlaces {
  const { project, prefix = "tintype", dataset = "tintype" } = flags;
  const local = project === undefined ? LOCAL : undefined;
  return {
    projectId: project ?? LOCAL.projectId,
    buckets: {
      raw: flags.raw ?? `${prefix}-raw`,
      processed: flags.processed ?? `${prefix}-processed`,
      certificates: flags.certificates ?? `${prefix}-certificates`,
    },
    dataset,
    storage: flags.storage ?? local?.storage,
    warehouse: flags.warehouse ?? local?.warehouse,
  };
}

/** Stores and warehouse at these places. Throws UsageError where they are on this machine and nothing answers. */
export async function openStores(
  { projectId, buckets, dataset, storage, warehouse }: CloudPlaces,
  rowOptions: Pick<BigQueryRowSinkOptions, "insertIdPrefix"> = {},
) {
  await requireLocalSystem(...[storage, warehouse].filter((address) => address !== undefined));
  const store = (bucket: string) => gcsObjectStore({ bucket, endpoint: storage });
  const client = createBigQueryClient({ projectId, endpoint: warehouse });
  return {
    raw: store(buckets.raw),
    processed: store(buckets.processed),
    certificates: store(buckets.certificates),
    rows: new BigQueryRowSink(client, {
      dataset,
      purgesRetentionMs: PURGES_RETENTION_MS,
      ...rowOptions,
    }),
    imageRows: new BigQueryImageRows(client, { dataset }),
    columns: new BigQueryRowColumns(client, { dataset }),
  };
}

/** Stores and warehouse that the flags name, and the retention policy that holds there. */
export async function openCloud(
  flags: CloudFlags,
  rowOptions: Pick<BigQueryRowSinkOptions, "insertIdPrefix"> = {},
) {
  const { certificates, ...stores } = await openStores(placesOf(flags), rowOptions);
  const policy = flags.project === undefined ? await localPolicy(certificates) : RETENTION_POLICY;
  return { ...stores, policy };
}

/** `start --retention` shortens the period of a local system: its newest certificate names it. */
async function localPolicy(certificates: ObjectStore): Promise<RetentionPolicy> {
  const periodMs = await certifiedPeriodMs({ certificates, hashing: webHashing });
  return periodMs === undefined ? RETENTION_POLICY : retentionPolicyOf(periodMs);
}

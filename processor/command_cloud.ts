/** Where the operators' commands work: flags, and the processor's own adapters that follow from them. */
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
import { GcsObjectStore } from "./adapters/gcs_object_store.ts";
import { webHashing } from "./adapters/web_hashing.ts";
import { UsageError } from "./command.ts";

/** Flags of every command that works on a system. */
export const CLOUD_FLAGS = {
  project: { type: "string" },
  prefix: { type: "string" },
  raw: { type: "string" },
  processed: { type: "string" },
  dataset: { type: "string", default: "tintype" },
  storage: { type: "string" },
  warehouse: { type: "string" },
} as const;

/** What `--help` says of them. */
export const CLOUD_HELP =
  `Without --project it works on the system that "deno task start" runs on this machine.

  --project ID         this Google Cloud project, with the credentials of whoever runs it
  --prefix NAME        first part of its names, as in Terraform (default: tintype)
  --raw BUCKET         default: NAME-raw
  --processed BUCKET   default: NAME-processed
  --dataset NAME       default: tintype
  --storage URL        a stand-in of Cloud Storage (local: http://localhost:9023)
  --warehouse URL      a stand-in of BigQuery (local: http://localhost:9050)
`;

/** Values of {@link CLOUD_FLAGS}. */
export interface CloudFlags {
  readonly project?: string | undefined;
  readonly prefix?: string | undefined;
  readonly raw?: string | undefined;
  readonly processed?: string | undefined;
  readonly dataset: string;
  readonly storage?: string | undefined;
  readonly warehouse?: string | undefined;
}

/** Terraform's own (`infra/terraform/variables.tf`). */
const DEFAULT_PREFIX = "tintype";
const LOCAL = {
  project: "tintype-local",
  storage: "http://localhost:9023",
  warehouse: "http://localhost:9050",
} as const;

/** Stores and warehouse that the flags name, and the promise that holds there; throws UsageError for an address that is none. */
export async function openCloud(
  flags: CloudFlags,
  rowOptions: Pick<BigQueryRowSinkOptions, "insertIdPrefix"> = {},
) {
  const isLocal = flags.project === undefined;
  const projectId = flags.project ?? LOCAL.project;
  const prefix = flags.prefix ?? DEFAULT_PREFIX;
  const storage = addressOf("storage", flags.storage ?? (isLocal ? LOCAL.storage : undefined));
  const warehouse = addressOf(
    "warehouse",
    flags.warehouse ?? (isLocal ? LOCAL.warehouse : undefined),
  );
  const store = (bucket: string) => new GcsObjectStore({ projectId, bucket, endpoint: storage });
  const client = createBigQueryClient({ projectId, endpoint: warehouse });
  const { dataset } = flags;
  return {
    raw: store(flags.raw ?? `${prefix}-raw`),
    processed: store(flags.processed ?? `${prefix}-processed`),
    rows: new BigQueryRowSink(client, {
      dataset,
      purgesRetentionMs: PURGES_RETENTION_MS,
      ...rowOptions,
    }),
    imageRows: new BigQueryImageRows(client, { dataset }),
    columns: new BigQueryRowColumns(client, { dataset }),
    policy: isLocal ? await localPolicy(store(`${prefix}-certificates`)) : RETENTION_POLICY,
  };
}

/** `start --retention` shortens the retention period of a local system: its newest certificate names what it promises. */
async function localPolicy(certificates: ObjectStore): Promise<RetentionPolicy> {
  const periodMs = await certifiedPeriodMs({ certificates, hashing: webHashing });
  return periodMs === undefined ? RETENTION_POLICY : retentionPolicyOf(periodMs);
}

function addressOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.origin;
  throw new UsageError(`Cannot use ${text} as --${flag} takes an http or https address`);
}

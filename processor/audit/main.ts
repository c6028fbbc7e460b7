/**
 * `deno task audit`: options, the processor's own adapters with nothing but rights to look, the audit, its report.
 * The walk begins here and goes on in `core/retention/audit_stores`.
 */
import { isAppError } from "@tintype/core/errors";
import { auditStores } from "@tintype/core/retention/audit_stores";
import { certifiedPeriodMs } from "@tintype/core/retention/certificate";
import { PURGES_RETENTION_MS } from "@tintype/core/retention/bounds";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import { createBigQueryClient } from "../adapters/bigquery_client.ts";
import { BigQueryRowSink } from "../adapters/bigquery_row_sink.ts";
import { GcsObjectStore } from "../adapters/gcs_object_store.ts";
import { webHashing } from "../adapters/web_hashing.ts";
import { type AuditOptions, HELP, parseAuditOptions, UsageError } from "./audit_options.ts";
import { auditReport } from "./audit_report.ts";

const FINDINGS = 1;
const NO_AUDIT = 2;

async function main(): Promise<number> {
  const options = parseAuditOptions(Deno.args);
  if (options === "help") {
    console.log(HELP);
    return 0;
  }
  const ports = portsOf(options);
  const periodMs = options.periodMs ?? await certifiedPeriod(ports);
  const audit = await auditStores({ ...ports, policy: retentionPolicyOf(periodMs) });
  console.log(options.json ? JSON.stringify(audit, null, 2) : auditReport(audit, options));
  return audit.passed ? 0 : FINDINGS;
}

function portsOf({ projectId, buckets, dataset, storage, warehouse }: AuditOptions) {
  const store = (bucket: string) => new GcsObjectStore({ projectId, bucket, endpoint: storage });
  const client = createBigQueryClient({ projectId, endpoint: warehouse });
  return {
    raw: store(buckets.raw),
    processed: store(buckets.processed),
    certificates: store(buckets.certificates),
    rows: new BigQueryRowSink(client, { dataset, purgesRetentionMs: PURGES_RETENTION_MS }),
    hashing: webHashing,
    clock: Date,
  };
}

/** What a local system promises: `start --retention` shortens it. */
async function certifiedPeriod(ports: ReturnType<typeof portsOf>): Promise<number> {
  try {
    return await certifiedPeriodMs(ports) ?? RETENTION_POLICY.periodMs;
  } catch (error) {
    // One that cannot be read is a finding of the audit itself.
    if (isAppError(error, "internal")) return RETENTION_POLICY.periodMs;
    throw error;
  }
}

try {
  Deno.exit(await main());
} catch (error) {
  const isKnown = error instanceof UsageError || isAppError(error);
  console.error(isKnown ? error.message : error);
  if (isAppError(error) && error.cause !== undefined) console.error(String(error.cause));
  Deno.exit(NO_AUDIT);
}

/**
 * Writes what infrastructure and documents say of retention from `core/retention/policy.json`: lifecycle rules, Terraform's
 * variables, the scheduled queries, the bounds in the views, the table in `docs/retention.md`. `deno task generate` runs
 * this and then makes the queries' translations; a test fails where a file differs.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import policy from "../../core/retention/policy.json" with { type: "json" };
import { withSection } from "../../tools/marked_section.ts";
import { retentionTable } from "./retention_table.ts";

/** A file as it must be. */
interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

const ROOT = new URL("../../", import.meta.url);
const BOUNDED = ["infra/bigquery/shared/", "infra/bigquery/views/"];
const DOCUMENT = "docs/retention.md";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MARKS = [
  "<!-- from core/retention/policy.json: deno task generate -->",
  "<!-- end -->",
] as const;

/** What stands before each comment in a view: `INTERVAL 3 DAY /* period *\/`. */
const BOUNDS: Readonly<Record<string, string>> = {
  "period": intervalOf(RETENTION_BOUNDS.periodMs),
  "period and grace": intervalOf(RETENTION_BOUNDS.periodMs + RETENTION_POLICY.graceMs),
  "partitions": intervalOf(RETENTION_BOUNDS.partitionExpirationMs),
  "days kept": String(RETENTION_BOUNDS.periodMs / DAY_MS),
};

/** Every generated file; of the document and the views, the text around what is generated is what stands there now. */
export function generatedFiles(): GeneratedFile[] {
  return [
    { path: "infra/retention/lifecycle.json", text: json(lifecycleRules()) },
    { path: "infra/terraform/retention.auto.tfvars.json", text: json(terraformVariables()) },
    ...Object.entries(scheduledSql()).map(([name, text]) => ({
      path: `infra/bigquery/scheduled/${name}`,
      text,
    })),
    ...viewPaths().map((path) => ({ path, text: withBounds(readGenerated(path)) })),
    { path: DOCUMENT, text: withSection(readGenerated(DOCUMENT), MARKS, retentionTable()) },
  ];
}

/** A file of the repository as it stands. */
export function readGenerated(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * The lifecycle of the buckets that hold images, as `gcloud storage buckets update --lifecycle-file` takes it. T0 stands
 * in the custom time; an object's age counts from its completion, which is never before T0.
 */
function lifecycleRules() {
  const { lifecycleDays, abortMultipartDays } = RETENTION_BOUNDS;
  return {
    rule: [
      { action: { type: "Delete" }, condition: { daysSinceCustomTime: lifecycleDays } },
      { action: { type: "Delete" }, condition: { age: lifecycleDays } },
      {
        action: { type: "AbortIncompleteMultipartUpload" },
        condition: { age: abortMultipartDays },
      },
    ],
  };
}

/**
 * The hourly scheduled queries, by file name, as BigQuery's SQL: the backstop that needs neither the keeper nor its
 * clock. `@run_time` is the time that the run was scheduled for, which is never ahead of the clock.
 */
function scheduledSql(): Readonly<Record<string, string>> {
  const { purgesRetentionDays } = policy.bigquery;
  return {
    "purge_images.sql":
      `-- Rows whose T0 lies a whole period back. Written from the retention policy by infra/retention/generate.ts.
DELETE FROM tintype.images
WHERE t0 <= TIMESTAMP_SUB(@run_time, INTERVAL ${policy.periodMs} MILLISECOND)
`,
    "purge_purges.sql":
      `-- Copies of certificates that have served. Written from the retention policy by infra/retention/generate.ts.
DELETE FROM tintype.purges
WHERE swept_at <= TIMESTAMP_SUB(@run_time, INTERVAL ${purgesRetentionDays} DAY)
`,
  };
}

/** The policy as the variable `retention` of Terraform, in the units that Google's resources take. */
function terraformVariables() {
  const { bigquery } = policy;
  const { kafka, ...bounds } = RETENTION_BOUNDS;
  return {
    retention: {
      period_ms: bounds.periodMs,
      lifecycle_days: bounds.lifecycleDays,
      soft_delete_seconds: 0,
      abort_multipart_days: bounds.abortMultipartDays,
      events_retention: seconds(bounds.eventsMs),
      webhooks_retention: seconds(bounds.webhooksMs),
      dead_letters_retention: seconds(bounds.deadLettersMs),
      kafka_source_retention_ms: kafka.sourceMs,
      kafka_dead_letter_retention_ms: kafka.deadLettersMs,
      kafka_redrive_retention_ms: kafka.redriveMs,
      kafka_segment_ms: kafka.segmentMs,
      partition_expiration_ms: bounds.partitionExpirationMs,
      max_time_travel_hours: bigquery.maxTimeTravelHours,
      purges_retention_days: bigquery.purgesRetentionDays,
      scheduled_delete_schedule: `every ${bigquery.scheduledDeleteIntervalMs / HOUR_MS} hours`,
      sweep_schedule: `*/${policy.sweepIntervalMs / MINUTE_MS} * * * *`,
      erasures_schedule: `*/${policy.erasureIntervalMs / MINUTE_MS} * * * *`,
      repair_schedule: `*/${policy.repairIntervalMs / MINUTE_MS} * * * *`,
      overdue_alert_seconds: policy.graceMs / 1000,
      log_retention_days: bounds.logDays,
    },
  };
}

/** A duration as protocol buffers write it in JSON: `86400s`. */
function seconds(ms: number): string {
  return `${ms / 1000}s`;
}

/** The files of views and of what they share, from the repository's root. */
function viewPaths(): string[] {
  return BOUNDED.flatMap((folder) => {
    const files = readdirSync(new URL(folder, ROOT)).sort();
    return files.filter((file) => file.endsWith(".sql")).map((file) => folder + file);
  });
}

/** The SQL with the policy's numbers before the comments that name them. */
function withBounds(sql: string): string {
  return sql.replaceAll(
    /(?:INTERVAL [\d.]+ [A-Z]+|[\d.]+) \/\* ([a-z ]+) \*\//g,
    (text, name: string) => Object.hasOwn(BOUNDS, name) ? `${BOUNDS[name]} /* ${name} */` : text,
  );
}

function intervalOf(ms: number): string {
  return ms % DAY_MS === 0 ? `INTERVAL ${ms / DAY_MS} DAY` : `INTERVAL ${ms} MILLISECOND`;
}

if (import.meta.main) {
  for (const { path, text } of generatedFiles()) {
    const file = new URL(path, ROOT);
    if (existsSync(file) && readGenerated(path) === text) continue;
    writeFileSync(file, text);
    console.log(`Wrote ${path}`);
  }
}

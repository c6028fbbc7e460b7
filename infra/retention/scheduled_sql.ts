import policy from "../../core/retention/policy.json" with { type: "json" };

/**
 * The hourly scheduled queries, by file name, as BigQuery's SQL: the backstop that needs neither the processor nor its
 * clock. `@run_time` is the time that the run was scheduled for, which is never ahead of the clock.
 */
export function scheduledSql(): Readonly<Record<string, string>> {
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

import policy from "../../core/retention/policy.json" with { type: "json" };

const MINUTE_MS = 60_000;

/** The policy as the variable `retention` of Terraform, in the units that Google's resources take. */
export function terraformVariables() {
  const { kafka, bigquery } = policy;
  return {
    retention: {
      period_ms: policy.periodMs,
      lifecycle_days: policy.lifecycleDays,
      soft_delete_seconds: policy.softDeleteMs / 1000,
      abort_multipart_days: policy.abortMultipartDays,
      events_retention: seconds(policy.pubsubRetentionMs),
      dead_letters_retention: seconds(policy.deadLetterRetentionMs),
      kafka_source_retention_ms: kafka.sourceRetentionMs,
      kafka_dead_letter_retention_ms: kafka.deadLetterRetentionMs,
      kafka_redrive_retention_ms: kafka.redriveRetentionMs,
      kafka_segment_ms: kafka.segmentMs,
      partition_expiration_ms: bigquery.partitionExpirationMs,
      max_time_travel_hours: bigquery.maxTimeTravelHours,
      purges_retention_days: bigquery.purgesRetentionDays,
      scheduled_delete_schedule: `every ${bigquery.scheduledDeleteIntervalMs / 3_600_000} hours`,
      sweep_schedule: `*/${policy.sweepIntervalMs / MINUTE_MS} * * * *`,
      reconcile_schedule: `0 */${policy.reconcileIntervalMs / 3_600_000} * * *`,
      overdue_alert_seconds: policy.graceMs / 1000,
      log_retention_days: policy.logRetentionDays,
    },
  };
}

/** A duration as protocol buffers write it in JSON: `86400s`. */
function seconds(ms: number): string {
  return `${ms / 1000}s`;
}

import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import policy from "../../core/retention/policy.json" with { type: "json" };

const MINUTE_MS = 60_000;

/** The policy as the variable `retention` of Terraform, in the units that Google's resources take. */
export function terraformVariables() {
  const { bigquery } = policy;
  const { kafka, ...bounds } = RETENTION_BOUNDS;
  return {
    retention: {
      period_ms: bounds.periodMs,
      lifecycle_days: bounds.lifecycleDays,
      soft_delete_seconds: 0,
      abort_multipart_days: bounds.abortMultipartDays,
      events_retention: seconds(bounds.eventsMs),
      dead_letters_retention: seconds(bounds.deadLettersMs),
      kafka_source_retention_ms: kafka.sourceMs,
      kafka_dead_letter_retention_ms: kafka.deadLettersMs,
      kafka_redrive_retention_ms: kafka.redriveMs,
      kafka_segment_ms: kafka.segmentMs,
      partition_expiration_ms: bounds.partitionExpirationMs,
      max_time_travel_hours: bigquery.maxTimeTravelHours,
      purges_retention_days: bigquery.purgesRetentionDays,
      scheduled_delete_schedule: `every ${bigquery.scheduledDeleteIntervalMs / 3_600_000} hours`,
      sweep_schedule: `*/${policy.sweepIntervalMs / MINUTE_MS} * * * *`,
      reconcile_schedule: `0 */${policy.reconcileIntervalMs / 3_600_000} * * *`,
      overdue_alert_seconds: policy.graceMs / 1000,
      log_retention_days: bounds.logDays,
    },
  };
}

/** A duration as protocol buffers write it in JSON: `86400s`. */
function seconds(ms: number): string {
  return `${ms / 1000}s`;
}

import type { CertificatePlace } from "./certificate.ts";
import document from "./policy.json" with { type: "json" };
import type { RetentionPolicy } from "./policy.ts";

const HOUR_MS = 3_600_000;

/** The places that no sweep can look into, each with the setting that bounds it. */
export function configuredPlaces(policy: RetentionPolicy): CertificatePlace[] {
  const hours = (ms: number) => ms % HOUR_MS === 0 ? `${ms / HOUR_MS} h` : `${ms / 1_000} s`;
  const { kafka, bigquery } = document;
  return [
    place(
      "unfinished_sessions",
      `a session ends ${
        hours(document.resumableSessionMs)
      } after its start; what finishes in the last ${
        hours(policy.closingMs)
      } of the period is rejected, after it deleted on arrival`,
    ),
    place("unfinished_multipart", `aborted after ${document.abortMultipartDays} day`),
    place(
      "soft_deleted",
      `soft delete is kept for ${hours(document.softDeleteMs)}; versioning is off`,
    ),
    place("events", `messages are kept for ${hours(document.pubsubRetentionMs)}`),
    place("dead_letters", `messages are kept for ${hours(document.deadLetterRetentionMs)}`),
    place(
      "kafka_topics",
      `records are kept for ${hours(kafka.sourceRetentionMs)}, dead letters and redrive for ${
        hours(kafka.deadLetterRetentionMs)
      }, each plus a segment of ${hours(kafka.segmentMs)}`,
    ),
    place(
      "warehouse_history",
      `time travel of ${bigquery.maxTimeTravelHours} h and the warehouse's fail-safe; rows hold no personal data`,
    ),
    place("logs", `kept for ${document.logRetentionDays} days; ids and numbers only`),
  ];
}

function place(name: string, bound: string): CertificatePlace {
  return {
    place: name,
    evidence: "configured",
    bound,
    oldestT0: null,
    lookedAt: 0,
    deleted: 0,
    deletedBytes: 0,
    overdue: 0,
    foreign: 0,
  };
}

import { durationText, hoursText as hours } from "../duration.ts";
import { RETENTION_BOUNDS } from "./bounds.ts";
import type { CertificatePlace } from "./certificate.ts";
import document from "./policy.json" with { type: "json" };
import type { RetentionPolicy } from "./policy.ts";

const DAY_MS = 24 * 3_600_000;

/** The name of Kafka's topics among the places; the bridge looks at them where there is one. */
export const KAFKA_TOPICS = "kafka_topics";

/** The places that no sweep can look into, each with the setting that bounds it. */
export function configuredPlaces(policy: RetentionPolicy): CertificatePlace[] {
  const { kafka, eventsMs, deadLettersMs, abortMultipartDays, logDays } = RETENTION_BOUNDS;
  return [
    place(
      "unfinished_sessions",
      `a session ends a week after its start; what finishes in the last ${
        hours(policy.closingMs)
      } of the period is rejected, after it deleted on arrival`,
    ),
    place("unfinished_multipart", `aborted after ${durationText(abortMultipartDays * DAY_MS)}`),
    place("soft_deleted", "soft delete and versioning are off"),
    place("events", `messages are kept for ${hours(eventsMs)}`),
    place("dead_letters", `messages are kept for ${hours(deadLettersMs)}`),
    place(
      KAFKA_TOPICS,
      `records are kept for ${hours(kafka.sourceMs)}, dead letters, results and redrive for ${
        hours(kafka.deadLettersMs)
      }, each plus a segment of ${hours(kafka.segmentMs)}`,
    ),
    place(
      "warehouse_history",
      `time travel of ${document.bigquery.maxTimeTravelHours} h and the warehouse's fail-safe; rows hold no personal data`,
    ),
    place("logs", `kept for ${durationText(logDays * DAY_MS)}; ids and numbers only`),
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

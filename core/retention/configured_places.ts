import { durationText, hoursText as hours } from "../duration.ts";
import { PURGES_RETENTION_MS, RETENTION_BOUNDS } from "./bounds.ts";
import type { CertificatePlace } from "./certificate.ts";
import document from "./policy.json" with { type: "json" };
import type { RetentionPolicy } from "./policy.ts";

const DAY_MS = 24 * 3_600_000;

/** The name of Kafka's topics among the places; the bridge looks at them where there is one. */
export const KAFKA_TOPICS = "kafka_topics";

/** The places that no sweep can look into, each with what bounds it, as it is before the platform was asked. */
export function configuredPlaces(policy: RetentionPolicy): CertificatePlace[] {
  const {
    kafka,
    eventsMs,
    deadLettersMs,
    abortMultipartDays,
    logDays,
    lifecycleDays,
    partitionExpirationMs,
  } = RETENTION_BOUNDS;
  const age = durationText(lifecycleDays * DAY_MS);
  return [
    place(
      "lifecycle_rules",
      `objects are deleted ${age} after their custom time, and by ${age} of age`,
    ),
    place(
      "unfinished_sessions",
      `no call lists sessions; one ends a week after its start; what finishes in the last ${
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
      "row_partitions",
      `partitions of rows expire after ${
        durationText(partitionExpirationMs)
      }, of certificates' copies after ${durationText(PURGES_RETENTION_MS + DAY_MS)}`,
    ),
    place(
      "warehouse_history",
      `time travel of ${document.bigquery.maxTimeTravelHours} h; fail-safe, which nobody can read or turn off, keeps deleted rows for 7 days more: pseudonymous ids, numbers and vocabulary`,
    ),
    place(
      "logs",
      `kept for ${durationText(logDays * DAY_MS)}; ids and numbers, no address of an end user`,
    ),
  ];
}

/** What an organisation can switch on beside Tintype, as it is where an audit may not read it. */
export const BESIDE_PLACES: readonly CertificatePlace[] = [
  place("object_reports", "no Storage Insights report or dataset of this project names objects"),
  place("object_enrichments", "no object enrichment of this project looks at images"),
  place("dataset_copies", "nothing in this project copies the dataset on a schedule"),
  place("log_sinks", "no sink of this project sends logs out of it"),
  place("organisation_sinks", "no sink of a folder or the organisation above collects logs"),
];

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

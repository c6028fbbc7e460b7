/** The bounds that infrastructure is given, computed from the independent numbers of `policy.json`. */
import document from "./policy.json" with { type: "json" };

/** How long each service keeps what it holds, for one retention period. */
interface RetentionBounds {
  readonly periodMs: number;
  /** Days after which lifecycle rules delete, counted from T0 and from completion. */
  readonly lifecycleDays: number;
  readonly abortMultipartDays: number;
  readonly eventsMs: number;
  /** As long as a webhook is tried. */
  readonly webhooksMs: number;
  readonly deadLettersMs: number;
  readonly kafka: {
    readonly sourceMs: number;
    readonly deadLettersMs: number;
    readonly redriveMs: number;
    /** A segment is kept as a whole, so a record may stay so much longer. */
    readonly segmentMs: number;
  };
  /** Counted from a partition's start, so a day longer than the period. */
  readonly partitionExpirationMs: number;
  readonly logDays: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The bounds of a period in milliseconds; shares of whole days are whole minutes. */
export function retentionBoundsOf(periodMs: number): RetentionBounds {
  const unitMs = periodMs % DAY_MS === 0 ? MINUTE_MS : 1;
  const share = (part: keyof typeof document.fourteenths) =>
    Math.floor(periodMs * document.fourteenths[part] / 14 / unitMs) * unitMs;
  const days = Math.ceil(periodMs / DAY_MS);
  return {
    periodMs,
    lifecycleDays: days,
    abortMultipartDays: document.abortMultipartDays,
    eventsMs: share("events"),
    webhooksMs: share("webhooks"),
    deadLettersMs: share("deadLetters"),
    kafka: {
      sourceMs: share("kafkaSource"),
      deadLettersMs: share("kafkaDeadLetters"),
      redriveMs: share("kafkaRedrive"),
      segmentMs: share("kafkaSegment"),
    },
    partitionExpirationMs: (days + 1) * DAY_MS,
    logDays: days,
  };
}

/** The bounds of the policy's own period. */
export const RETENTION_BOUNDS: RetentionBounds = retentionBoundsOf(document.periodMs);

/** How long BigQuery keeps its copies of certificates, in milliseconds. */
export const PURGES_RETENTION_MS = document.bigquery.purgesRetentionDays * DAY_MS;

/**
 * How long after T0 an image's bytes may still be put into a topic of dead letters or redrives, in milliseconds: what is put
 * there later would outlive the purge, as such a topic keeps a record for its retention and one segment.
 */
export function kafkaCopyMsOf({ periodMs }: Pick<RetentionBounds, "periodMs">): number {
  const { deadLettersMs, redriveMs, segmentMs } = retentionBoundsOf(periodMs).kafka;
  return periodMs - Math.max(deadLettersMs, redriveMs) - segmentMs;
}

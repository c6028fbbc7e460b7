import policy from "../../core/retention/policy.json" with { type: "json" };

type Row = readonly [place: string, byDefault: string, bound: string, setting: string];

const HOUR_MS = 3_600_000;

/** Every place where a copy can lie, as a Markdown table: what would survive by default, what bounds it, where that is set. */
export function retentionTable(): string {
  const heading: Row = ["place", "by default", "bound", "set in"];
  return [heading, heading.map(() => "---"), ...rows()]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function rows(): Row[] {
  const { kafka, bigquery } = policy;
  const sweep = `T0 + ${time(policy.periodMs)}, at the latest ${time(policy.graceMs)} after`;
  return [
    ["raw objects, markers", "for ever", sweep, "the sweep"],
    ["renditions, manifests, receipts", "for ever", sweep, "the sweep"],
    [
      "the same, without a sweep",
      "for ever",
      `${policy.lifecycleDays} days after T0 (custom time), ${policy.lifecycleDays} days of age`,
      "lifecycle rules",
    ],
    ["rows", "for ever", sweep, "the sweep"],
    [
      "the same, without a sweep",
      "for ever",
      `T0 + ${time(policy.periodMs)}, looked at every ${time(bigquery.scheduledDeleteIntervalMs)}`,
      "scheduled query",
    ],
    [
      "partitions of rows",
      "for ever",
      `${time(bigquery.partitionExpirationMs)} from the partition's start`,
      "`images` table",
    ],
    [
      "rows in the streaming buffer",
      "cannot be deleted while they lie there",
      `${time(policy.streamingBufferMs)}; nothing is inserted in the last ${
        time(policy.periodMs / policy.closingFraction)
      } of the period`,
      "the code",
    ],
    [
      "time travel, fail-safe of the warehouse",
      "7 days, then 7 days more",
      `time travel ${time(bigquery.maxTimeTravelHours * HOUR_MS)}; fail-safe cannot be turned off`,
      "dataset; rows hold no personal data",
    ],
    ["soft-deleted objects", "7 days", time(policy.softDeleteMs), "buckets"],
    ["noncurrent versions", "for ever where versioning is on", "versioning is off", "buckets"],
    [
      "unfinished resumable sessions",
      "a week",
      `${time(policy.resumableSessionMs)} from T0; what ends later is deleted on arrival`,
      "Google's own bound",
    ],
    [
      "unfinished multipart uploads",
      "until aborted",
      time(policy.abortMultipartDays * 24 * HOUR_MS),
      "lifecycle rules",
    ],
    ["events", "7 days", time(policy.pubsubRetentionMs), "subscription"],
    ["dead letters of events", "7 days", time(policy.deadLetterRetentionMs), "subscription"],
    [
      "Kafka source topic",
      "7 days and a segment",
      `${time(kafka.sourceRetentionMs)} and a segment of ${time(kafka.segmentMs)}`,
      "topic",
    ],
    [
      "Kafka dead letters, redrive",
      "7 days and a segment",
      `${time(kafka.deadLetterRetentionMs)} and ${
        time(kafka.redriveRetentionMs)
      }, each with a segment of ${time(kafka.segmentMs)}`,
      "topics",
    ],
    ["signed read addresses", "up to 7 days", time(policy.signedUrlMs), "the edge"],
    ["logs", "30 days", `${policy.logRetentionDays} days; ids and numbers only`, "log bucket"],
    [
      "copies of certificates",
      "for ever",
      `${bigquery.purgesRetentionDays} days; they name no image`,
      "scheduled query",
    ],
  ];
}

/** Milliseconds in the largest unit that they are a whole number of. */
function time(ms: number): string {
  if (ms === 0) return "0";
  if (ms % (24 * HOUR_MS) === 0) return counted(ms / (24 * HOUR_MS), "day");
  if (ms % HOUR_MS === 0) return counted(ms / HOUR_MS, "hour");
  return counted(ms / 60_000, "minute");
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

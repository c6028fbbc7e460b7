import { durationText } from "@tintype/core/duration";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import policy from "../../core/retention/policy.json" with { type: "json" };

/** Every place where a copy can lie, as a Markdown table: what would survive by default, what bounds it, where that is set. */
export function retentionTable(): string {
  const { bigquery } = policy;
  const { kafka, ...bounds } = RETENTION_BOUNDS;
  const period = durationText(bounds.periodMs);
  const sweep = `T0 + ${period}, at the latest ${durationText(policy.graceMs)} after`;
  const age = days(bounds.lifecycleDays);
  const statement = `looked at every ${durationText(bigquery.scheduledDeleteIntervalMs)}`;
  const buffer = durationText(policy.streamingBufferMs);
  const travel = days(bigquery.maxTimeTravelHours / 24);
  const segment = `a segment of ${durationText(kafka.segmentMs)}`;
  const [deadLetters, redrive] = [kafka.deadLettersMs, kafka.redriveMs].map(durationText);
  return `\
| place | by default | bound | set in |
| --- | --- | --- | --- |
| raw objects, markers | for ever | ${sweep} | the sweep |
| renditions, manifests, receipts | for ever | ${sweep} | the sweep |
| the same, without a sweep | for ever | ${age} after T0 (custom time), ${age} of age | lifecycle rules |
| rows | for ever | ${sweep} | the sweep |
| the same, without a sweep | for ever | T0 + ${period}, ${statement} | scheduled query |
| partitions of rows | for ever | ${
    durationText(bounds.partitionExpirationMs)
  } from the partition's start | \`images\` table |
| rows in the streaming buffer | cannot be deleted while they lie there | ${buffer}; nothing is inserted in the last ${closingText()} of the period | the code |
| time travel, fail-safe of the warehouse | a week, then a week more | time travel ${travel}; fail-safe cannot be turned off | dataset; rows hold no personal data |
| soft-deleted objects | a week | soft delete is off | buckets |
| noncurrent versions | for ever where versioning is on | versioning is off | buckets |
| unfinished resumable sessions | a week | a week from T0; what ends later is deleted on arrival | Google's own bound |
| unfinished multipart uploads | until aborted | ${
    days(bounds.abortMultipartDays)
  } | lifecycle rules |
| events | a week | ${durationText(bounds.eventsMs)} | subscription |
| dead letters of events | a week | ${durationText(bounds.deadLettersMs)} | subscription |
| Kafka source topic | a week and a segment | ${
    durationText(kafka.sourceMs)
  } and ${segment} | topic |
| Kafka dead letters, redrive | a week and a segment | ${deadLetters} and ${redrive}, each with ${segment} | topics |
| signed read addresses | up to a week | ${durationText(policy.signedUrlMs)} | the edge |
| logs | 30 days | ${days(bounds.logDays)}; ids and numbers only | log bucket |
| copies of certificates | for ever | ${bigquery.purgesRetentionDays} days; they name no image | scheduled query |`;
}

/** The share of the period in which nothing is written, to the second. */
function closingText(): string {
  return durationText(Math.floor(policy.periodMs / policy.closingFraction / 1000) * 1000);
}

function days(count: number): string {
  return durationText(count * 86_400_000);
}

import { durationText } from "@tintype/core/duration";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import policy from "../../core/retention/policy.json" with { type: "json" };

/** Every store where a copy can lie, as a Markdown table: what would survive by default, what bounds it, where that is set. */
export function retentionTable(): string {
  const { bigquery } = policy;
  const { kafka, ...bounds } = RETENTION_BOUNDS;
  const period = durationText(bounds.periodMs);
  const sweep = `T0 + ${period}, at the latest ${durationText(policy.graceMs)} after`;
  const age = days(bounds.lifecycleDays);
  const statement = `looked at every ${durationText(bigquery.scheduledDeleteIntervalMs)}`;
  const messages = durationText(bounds.eventsMs);
  const travel = days(bigquery.maxTimeTravelHours / 24);
  const segment = `a segment of ${durationText(kafka.segmentMs)}`;
  const [deadLetters, redrive] = [kafka.deadLettersMs, kafka.redriveMs].map(durationText);
  return `\
| store | by default | bound | set in |
| --- | --- | --- | --- |
| raw objects | for ever | ${sweep} | the sweep |
| renditions, manifests, receipts, erasures under way | for ever | ${sweep} | the sweep |
| erasure requests (a bucket of their own) | for ever | ${sweep} | the sweep |
| the same, without a sweep | for ever | ${age} after T0 (custom time), ${age} of age | lifecycle rules of the three buckets |
| day salts (\`days.json\` of the configuration bucket) | for ever | ${period} after the day's end, by the keeper's run of 00:05 UTC | the keeper; a salt that is gone leaves no way from a name to a person |
| tenants' objects (configuration bucket) | for ever | while the tenant is there; they name no image and no person | operators; no versions, no soft delete |
| rows | for ever | ${sweep} | the sweep |
| the same, without a sweep | for ever | T0 + ${period}, ${statement} | scheduled query |
| partitions of rows | for ever | ${
    durationText(bounds.partitionExpirationMs)
  } from the partition's start | \`images\` table |
| rows of erased images | for ever | deleted every ${
    durationText(policy.erasureIntervalMs)
  }; the \`erased\` row alone stays until T0 + ${period} | the keeper |
| time travel, fail-safe of BigQuery | a week, then a week more | time travel ${travel}; fail-safe cannot be turned off | dataset; rows are pseudonymous, and nobody's once the day's salt is gone |
| soft-deleted objects | a week | soft delete is off | buckets |
| noncurrent versions | for ever where versioning is on | versioning is off | buckets |
| unfinished resumable sessions | a week | a week from T0; what ends later is deleted on arrival | Google's own bound |
| unfinished multipart uploads | until aborted | ${
    days(bounds.abortMultipartDays)
  } | lifecycle rules |
| events | a week | ${messages} | topic and subscription |
| events in slow lanes | a week, anew | ${messages} more; never published a second time | topics and subscriptions |
| records of images, copies of certificates on their way | a week | ${messages}; ids, numbers and vocabulary only | topics and subscriptions |
| webhooks on their way, and in slow lanes | a week each | ${
    durationText(bounds.webhooksMs)
  } each, as long as they are tried; what the record says, and the caller's own reference | topics and subscriptions |
| webhooks at their receivers | – | the receiver's own: \`image.erased\` says when to delete | the tenant's own agreement |
| dead letters of events, slow lanes, records and webhooks | a week | ${
    durationText(bounds.deadLettersMs)
  } more | topics and subscriptions |
| Kafka source topic | a week and a segment | ${
    durationText(kafka.sourceMs)
  } and ${segment} | topic; longer where its tenant accepts it, which the certificate repeats |
| Kafka dead letters, redrive | a week and a segment | ${deadLetters} and ${redrive}, each with ${segment} | topics |
| Kafka results | a week and a segment | ${deadLetters} and ${segment} after they are written; ids, numbers, vocabulary and the caller's reference only | topics |
| signed read addresses | up to a week | ${durationText(policy.signedUrlMs)} | the edge |
| logs | 30 days | ${
    days(bounds.logDays)
  }; ids, numbers, addresses of staff and services; of end users only those who open an [original](clients.md#originals) | log bucket |
| copies of certificates | for ever | ${bigquery.purgesRetentionDays} days; they name no image | scheduled query |`;
}

function days(count: number): string {
  return durationText(count * 86_400_000);
}

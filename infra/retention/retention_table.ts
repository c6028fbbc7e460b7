import { readFileSync } from "node:fs";
import { durationText } from "@tintype/core/duration";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import policy from "../../core/retention/policy.json" with { type: "json" };

/** Every store where a copy can lie, as a Markdown table: `stores.md` with the policy's times. */
export function retentionTable(): string {
  const { bigquery } = policy;
  const { kafka, ...bounds } = RETENTION_BOUNDS;
  const period = durationText(bounds.periodMs);
  const times: Readonly<Record<string, string>> = {
    period,
    sweep: `T0 + ${period}, at the latest ${durationText(policy.graceMs)} after`,
    age: days(bounds.lifecycleDays),
    statement: `looked at every ${durationText(bigquery.scheduledDeleteIntervalMs)}`,
    partitions: durationText(bounds.partitionExpirationMs),
    erasures: durationText(policy.erasureIntervalMs),
    travel: days(bigquery.maxTimeTravelHours / 24),
    multipart: days(bounds.abortMultipartDays),
    messages: durationText(bounds.eventsMs),
    webhooks: durationText(bounds.webhooksMs),
    deadLetters: durationText(bounds.deadLettersMs),
    kafkaSource: durationText(kafka.sourceMs),
    kafkaDeadLetters: durationText(kafka.deadLettersMs),
    redrive: durationText(kafka.redriveMs),
    segment: `a segment of ${durationText(kafka.segmentMs)}`,
    signed: durationText(policy.signedUrlMs),
    logs: days(bounds.logDays),
    purges: String(bigquery.purgesRetentionDays),
  };
  const table = readFileSync(new URL("stores.md", import.meta.url), "utf8").trimEnd();
  return table.replaceAll(/\{(\w+)\}/g, (text, name: string) => times[name] ?? text);
}

function days(count: number): string {
  return durationText(count * 86_400_000);
}

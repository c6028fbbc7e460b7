import { hoursText as hours } from "../duration.ts";
import {
  KAFKA_FILE,
  type KafkaObservation,
  lifetimeMsOf,
  type ObservedTopic,
  parseKafkaObservation,
} from "../model/kafka_observation.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectReader } from "../ports/object_store.ts";
import type { CertificatePlace } from "./certificate.ts";
import type { RetentionPolicy } from "./policy.ts";

/** What is older than three of the bridge's hourly looks proves nothing of now. */
const FRESH_MS = 3 * 3_600_000;

/** By which clock and promise an observation is judged. */
interface KafkaPlaceInput extends CallOptions {
  /** The place as it is without an observation. */
  readonly configured: CertificatePlace;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
}

/**
 * What a certificate says of Kafka's topics: the settings that the bridge saw in the last hours, with each topic that is
 * beyond the contract, and whether its tenant accepted that. Overdue are the topics that can keep a record beyond its
 * period and were not accepted. Without such an observation the place is the configured one.
 */
export async function observeKafka(
  config: Pick<ObjectReader, "read">,
  { configured, nowMs, policy, signal }: KafkaPlaceInput,
): Promise<CertificatePlace> {
  const seen = await readObservation(config, { signal });
  const ageMs = seen === undefined ? Infinity : nowMs - Date.parse(seen.observedAt);
  if (seen === undefined || seen.topics.length === 0 || ageMs > FRESH_MS) return configured;
  return {
    ...configured,
    evidence: "observed",
    bound: seen.topics.map(describe).join("; "),
    lookedAt: seen.topics.length,
    overdue: seen.topics.filter((topic) => isUnbounded(topic, policy)).length,
  };
}

/** One that cannot be read is none: whatever is wrong with it holds no certificate up. */
async function readObservation(
  config: Pick<ObjectReader, "read">,
  options: CallOptions,
): Promise<KafkaObservation | undefined> {
  try {
    const bytes = await config.read(KAFKA_FILE, options);
    return bytes === null ? undefined : parseKafkaObservation(bytes);
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}

function describe({ topic, verdict, settings }: ObservedTopic): string {
  if (settings === null) return `${topic}: not observed, as the bridge may not read its settings`;
  const { retentionMs, segmentMs, cleanupPolicy, timestampType } = settings;
  const more = [
    `segments of ${hours(segmentMs)}`,
    cleanupPolicy === "delete" ? "" : `cleanup.policy ${cleanupPolicy}`,
    timestampType === "LogAppendTime" ? "" : timestampType,
  ].filter((part) => part !== "");
  const retention = retentionMs < 0 ? "unlimited retention" : hours(retentionMs);
  const suffix = verdict === "within" ? "" : `, ${verdict}`;
  return `${topic}: observed ${retention}${suffix} (${more.join(", ")})`;
}

function isUnbounded({ verdict, settings }: ObservedTopic, { periodMs }: RetentionPolicy): boolean {
  return verdict === "refused" && settings !== null && lifetimeMsOf(settings) > periodMs;
}

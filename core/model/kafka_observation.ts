/**
 * `kafka.json` of the configuration bucket: the settings of the bridge's topics as it saw them last. The bridge writes it
 * hourly and at each change; the keeper repeats it in the deletion certificate.
 */
import * as z from "zod";
import { schemaError } from "../errors.ts";
import type { ObjectName } from "./object_name.ts";

/** What a topic's settings mean for the retention contract. */
const VERDICTS = ["within", "accepted", "refused", "unknown"] as const;

const settingsSchema = z.strictObject({
  /** `cleanup.policy`, its parts sorted: `delete`, `compact` or `compact,delete`. */
  cleanupPolicy: z.string(),
  /** In milliseconds; -1 for no end. */
  retentionMs: z.int().min(-1),
  /** How much longer a record may stay, as a segment goes as a whole, in milliseconds. */
  segmentMs: z.int().min(0),
  timestampType: z.enum(["CreateTime", "LogAppendTime"]),
});

const observationSchema = z.strictObject({
  observedAt: z.iso.datetime(),
  cluster: z.string(),
  topics: z.array(z.strictObject({
    topic: z.string(),
    verdict: z.enum(VERDICTS),
    /** Null where the bridge may not read them. */
    settings: settingsSchema.nullable(),
  })),
});

/** A Kafka topic's settings that decide how long it keeps a record, and whose clock dates it. */
export type TopicSettings = Readonly<z.infer<typeof settingsSchema>>;

/** What a topic's settings mean for the retention contract. */
export type TopicVerdict = (typeof VERDICTS)[number];

/** The settings of all topics of a bridge. */
export type KafkaObservation = z.infer<typeof observationSchema>;

/** What was seen of one topic. */
export type ObservedTopic = KafkaObservation["topics"][number];

/** The object's name in the configuration bucket. */
export const KAFKA_FILE = "kafka.json" as ObjectName; // a name of the configuration bucket, made here only

/** Whether a topic may compact: the newest record of a key has no end then. */
export function isCompacted({ cleanupPolicy }: TopicSettings): boolean {
  return cleanupPolicy.split(",").includes("compact");
}

/** How long a topic can keep a record, in milliseconds; Infinity where it has no end. */
export function lifetimeMsOf(settings: TopicSettings): number {
  if (isCompacted(settings) || settings.retentionMs < 0) return Infinity;
  return settings.retentionMs + settings.segmentMs;
}

/** Reads `kafka.json`; throws `invalid_config` where it is not of its schema. */
export function parseKafkaObservation(bytes: Uint8Array): KafkaObservation {
  const read = observationSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (read.success) return read.data;
  throw schemaError("invalid_config", `Cannot read ${KAFKA_FILE}`, read.error);
}

/** The bytes of `kafka.json`. */
export function serializeKafkaObservation(observation: KafkaObservation): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(observation, null, 2));
}

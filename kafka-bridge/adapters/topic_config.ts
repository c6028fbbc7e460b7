import type { Admin } from "kafkajs";
import type { TopicSettings } from "@tintype/core/model/kafka_observation";

/** Kafka's number of the resource type; the client library's constant is not among its ESM exports. */
export const TOPIC_RESOURCE = 2;

/** The values of some settings of a topic, by their names. Throws what the client throws, such as for a missing right. */
export async function readTopicConfig(
  admin: Admin,
  topic: string,
  settings: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const resources = [{ type: TOPIC_RESOURCE, name: topic, configNames: [...settings] }];
  const described = await admin.describeConfigs({ resources, includeSynonyms: false });
  const entries = described.resources.flatMap(({ configEntries }) => configEntries);
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}

const SETTINGS = {
  policy: "cleanup.policy",
  retention: "retention.ms",
  segment: "segment.ms",
  timestamp: "message.timestamp.type",
} as const;

/** The settings of a topic that decide how long it keeps a record, and whose clock dates it. */
export async function readTopicSettings(admin: Admin, topic: string): Promise<TopicSettings> {
  const config = await readTopicConfig(admin, topic, Object.values(SETTINGS));
  const text = (name: keyof typeof SETTINGS) => config.get(SETTINGS[name]) ?? "";
  return {
    cleanupPolicy: text("policy").split(",").map((part) => part.trim()).sort().join(","),
    retentionMs: Math.max(-1, millisecondsOf(text("retention"))),
    segmentMs: millisecondsOf(text("segment")),
    timestampType: text("timestamp") === "LogAppendTime" ? "LogAppendTime" : "CreateTime",
  };
}

/** A setting in milliseconds; one beyond what a number holds, such as Kafka's largest, is as good as the largest. */
function millisecondsOf(text: string): number {
  const ms = text === "" ? NaN : Number(text);
  return Number.isNaN(ms) ? Number.MAX_SAFE_INTEGER : Math.min(ms, Number.MAX_SAFE_INTEGER);
}

import type { Admin } from "kafkajs";

/** Kafka's number of the resource type; the client library's constant is not among its ESM exports. */
export const TOPIC_RESOURCE = 2;

/** The value of one setting of each topic, by the topic's name. */
export async function readTopicConfig(
  admin: Admin,
  topics: readonly string[],
  setting: string,
): Promise<Map<string, string | undefined>> {
  const resources = topics.map((name) => ({ type: TOPIC_RESOURCE, name, configNames: [setting] }));
  const described = await admin.describeConfigs({ resources, includeSynonyms: false });
  return new Map(described.resources.map(({ resourceName, configEntries }) => {
    const entry = configEntries.find(({ configName }) => configName === setting);
    return [resourceName, entry?.configValue];
  }));
}

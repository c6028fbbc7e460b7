/** The bridge's variables for tests, but where Kafka is. */
export const SECRET = "a pseudonym key for tests, 32 characters or more";

/** A right environment over one topic; nothing listens at its storage and its Pub/Sub. */
export function bridgeEnv(topic = "images") {
  return {
    PORT: "0",
    KAFKA_CLUSTER: "tests",
    KAFKA_TOPICS: topic,
    KAFKA_DEAD_LETTER_TOPIC: `${topic}.dlq`,
    KAFKA_GROUP: `bridge-${topic}`,
    GOOGLE_CLOUD_PROJECT: "tintype-local",
    RAW_BUCKET: "tintype-raw",
    CONFIG_BUCKET: "tintype-config",
    STORAGE_ENDPOINT: "http://127.0.0.1:9",
    PUBSUB_ENDPOINT: "http://127.0.0.1:9",
    PSEUDONYM_KEYS: JSON.stringify({ 1: SECRET }),
  };
}

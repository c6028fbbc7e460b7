import type { Log } from "@tintype/core/ports/log";
import { kafkaCopyMsOf } from "@tintype/core/retention/bounds";
import type { BridgeEnv } from "../config/env.ts";
import { redriveLetters, type RedriveOptions } from "../dead_letters/redrive_letters.ts";
import { gcsConfigReader } from "./gcs_config_reader.ts";
import { gcsObjectCreator } from "./gcs_object_creator.ts";
import { gcsObservations } from "./gcs_observations.ts";
import { kafkajsClient } from "./kafkajs_client.ts";
import { kafkajsCommitted } from "./kafkajs_committed.ts";
import { kafkajsDeadLetters } from "./kafkajs_dead_letters.ts";
import { kafkajsRecordSource, type RecordSourceOptions } from "./kafkajs_record_source.ts";
import { kafkajsResults } from "./kafkajs_results.ts";
import { pubsubImageMessages } from "./pubsub_image_messages.ts";
import { pubsubRecords } from "./pubsub_records.ts";
import { lookAtTopics, waitForTopics } from "./wait_for_topics.ts";
import { watchTopicEnds, type WatchTopicEndsOptions } from "./watch_topic_ends.ts";

const CLIENT_ID = "tintype-bridge";
const UPLOAD_TIMEOUT_MS = 60_000;

/** Kafka by kafkajs, Cloud Storage and Pub/Sub, by the environment; nothing is connected yet. */
export function openAdapters(env: BridgeEnv, log: Log) {
  const kafka = kafkajsClient(env, { clientId: CLIENT_ID, log });
  // Asks each broker of the list once, as each look begins with the first: the looks themselves are repeated.
  const oneLook = {
    initialRetryTime: 100,
    maxRetryTime: 500,
    retries: env.KAFKA_BROKERS.length - 1,
  };
  const impatient = kafkajsClient(env, { clientId: CLIENT_ID, retry: oneLook });
  // Records wait for what it reads, a group's coordinator may have moved.
  const repeating = kafkajsClient(env, { clientId: CLIENT_ID, retry: { ...oneLook, retries: 8 } });
  const topics = {
    topics: env.KAFKA_TOPICS,
    deadLetterTopic: env.KAFKA_DEAD_LETTER_TOPIC,
  };
  return {
    creator: gcsObjectCreator({
      bucket: env.RAW_BUCKET,
      endpoint: env.STORAGE_ENDPOINT,
      timeoutMs: UPLOAD_TIMEOUT_MS,
    }),
    config: gcsConfigReader({ bucket: env.CONFIG_BUCKET, endpoint: env.STORAGE_ENDPOINT }),
    records: pubsubRecords({
      projectId: env.GOOGLE_CLOUD_PROJECT,
      topic: env.RECORDS_TOPIC,
      endpoint: env.PUBSUB_ENDPOINT,
    }),
    deadLetters: kafkajsDeadLetters(kafka, env.KAFKA_DEAD_LETTER_TOPIC),
    redrive: (options: Pick<RedriveOptions, "selection" | "isDryRun" | "onOutcome" | "signal">) =>
      redriveLetters(repeating, {
        ...options,
        topic: env.KAFKA_DEAD_LETTER_TOPIC,
        copyMs: kafkaCopyMsOf(env.policy),
        nowMs: Date.now(),
      }),
    /** Where results are written, and of which records; undefined where there are none. */
    results: env.RESULTS_SUBSCRIPTION === undefined ? undefined : {
      results: kafkajsResults(kafka),
      messages: pubsubImageMessages({
        projectId: env.GOOGLE_CLOUD_PROJECT,
        subscription: env.RESULTS_SUBSCRIPTION,
        endpoint: env.PUBSUB_ENDPOINT,
      }),
    },
    openSource: (options: RecordSourceOptions) => kafkajsRecordSource(kafka, options),
    /** Resolves with the topics that are there, redrive topics among them, when Kafka has those that must be. */
    waitForTopics: (onWaiting: (error: unknown) => void) =>
      waitForTopics(impatient, { ...topics, timeoutMs: env.KAFKA_START_TIMEOUT_MS, onWaiting }),
    committed: kafkajsCommitted(repeating, env.KAFKA_GROUP),
    lookAtTopics: () => lookAtTopics(impatient, topics),
    observations: gcsObservations({ bucket: env.CONFIG_BUCKET, endpoint: env.STORAGE_ENDPOINT }),
    watchTopicEnds: (options: WatchTopicEndsOptions) => watchTopicEnds(impatient, options),
  };
}

/** What the bridge talks to. */
export type BridgeAdapters = ReturnType<typeof openAdapters>;

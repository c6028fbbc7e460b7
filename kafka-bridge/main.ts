/**
 * The bridge's composition root: read the environment, open the adapters, wait for Kafka, join the group,
 * and on SIGTERM or SIGINT drain and leave it. A crash that the client library cannot mend ends the process with 1.
 */
import process from "node:process";
import { AppError } from "@tintype/core/errors";
import { importPseudonymKey } from "@tintype/core/model/owner";
import { gcsObjectCreator } from "./adapters/gcs_object_creator.ts";
import { jsonLog } from "./adapters/json_log.ts";
import { kafkajsClient } from "./adapters/kafkajs_client.ts";
import { kafkajsDeadLetters } from "./adapters/kafkajs_dead_letters.ts";
import { kafkajsRecordSource } from "./adapters/kafkajs_record_source.ts";
import { waitForTopics } from "./adapters/wait_for_topics.ts";
import { type BridgePorts, handleFetch } from "./bridge.ts";
import { ByteBudget } from "./byte_budget.ts";
import { type BridgeEnv, readEnv } from "./env.ts";
import { startHealthServer } from "./health_server.ts";
import { createMetrics } from "./metrics.ts";
import { Trouble } from "./trouble.ts";

const CLIENT_ID = "tintype-bridge";
const MIB = 1024 * 1024;
const UPLOAD_TIMEOUT_MS = 60_000;
const PARTITIONS_AT_ONCE = 4;
const DRAIN_MS = 25_000;
const log = jsonLog("bridge");

async function main(env: BridgeEnv): Promise<void> {
  const kafka = kafkajsClient(env, { clientId: CLIENT_ID });
  const deadLetters = kafkajsDeadLetters(kafka, { topic: env.KAFKA_DEAD_LETTER_TOPIC });
  const source = kafkajsRecordSource(kafka, {
    topics: env.KAFKA_TOPICS,
    groupId: env.KAFKA_GROUP,
    maxBytesPerPartition: env.FETCH_MIB * MIB,
    maxBytes: env.BUDGET_MIB * MIB,
    partitionsAtOnce: PARTITIONS_AT_ONCE,
    sessionTimeoutMs: env.KAFKA_SESSION_TIMEOUT_MS,
    onCrash: (error) => fail("consumer_ended", error),
  });
  const ports = await openPorts(env, deadLetters);
  const server = await startHealthServer({
    host: env.HOST,
    port: env.PORT,
    registry: ports.metrics.registry,
    notReady: () => {
      if (!source.isMember()) return "not in the group";
      return ports.trouble.obstacles.join(", ") || undefined;
    },
  });
  onSignal(async () => {
    await source.stop();
    await deadLetters.close();
    server.close();
  });
  const impatient = kafkajsClient(env, { clientId: CLIENT_ID, retry: { retries: 0 } });
  await waitForTopics(impatient, {
    topics: env.KAFKA_TOPICS,
    deadLetterTopic: env.KAFKA_DEAD_LETTER_TOPIC,
    timeoutMs: env.KAFKA_START_TIMEOUT_MS,
    onWaiting: (text) => log.warn("waiting_for_kafka", { text }),
  });
  await deadLetters.connect();
  await source.run((fetched) => handleFetch(ports, fetched));
  log.info("listening", {
    url: `http://localhost:${server.port}`,
    topics: env.KAFKA_TOPICS.join(","),
  });
}

async function openPorts(
  env: BridgeEnv,
  deadLetters: BridgePorts["deadLetters"],
): Promise<BridgePorts> {
  const budget = new ByteBudget(env.BUDGET_MIB * MIB);
  return {
    creator: gcsObjectCreator({
      bucket: env.RAW_BUCKET,
      project: env.GOOGLE_CLOUD_PROJECT,
      endpoint: env.STORAGE_ENDPOINT,
      timeoutMs: UPLOAD_TIMEOUT_MS,
    }),
    plans: env.plans,
    policy: env.policy,
    clock: { now: () => Date.now() },
    pseudonymKey: await importPseudonymKey(env.PSEUDONYM_KEYS[0]),
    cluster: env.KAFKA_CLUSTER,
    deadLetters,
    budget,
    metrics: createMetrics(() => budget.taken),
    trouble: new Trouble(log),
    log,
  };
}

/** Ends once, by `drain` with 0, or with 1 when that takes too long; before the group was joined there is nothing to drain. */
function onSignal(drain: () => Promise<void>): void {
  let isEnding = false;
  const end = async () => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => fail("drain_cut", new Error("Cannot drain in time")), DRAIN_MS).unref();
    await drain();
    log.info("ended");
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void end().catch((error) => fail("drain_failed", error)));
  }
}

function fail(event: string, error: unknown): never {
  log.error(event, { text: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

try {
  await main(readEnv(process.env));
} catch (error) {
  fail(error instanceof AppError ? "invalid_config" : "start_failed", error);
}

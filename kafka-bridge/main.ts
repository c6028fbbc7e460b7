/**
 * The bridge's composition root: read the environment, open the adapters, join the group, drain on SIGTERM.
 */
import { AppError } from "@tintype/core/errors";
import { importPseudonymKey } from "@tintype/core/model/owner";
import process from "node:process";
import { gcsObjectCreator } from "./adapters/gcs_object_creator.ts";
import { jsonLog } from "./adapters/json_log.ts";
import { kafkajsClient, requireLogAppendTime } from "./adapters/kafkajs_client.ts";
import { kafkajsDeadLetters } from "./adapters/kafkajs_dead_letters.ts";
import { kafkajsRecordSource } from "./adapters/kafkajs_record_source.ts";
import { handleFetch } from "./bridge.ts";
import { ByteBudget } from "./byte_budget.ts";
import { type BridgeEnv, readEnv } from "./env.ts";
import { startHealthServer } from "./health_server.ts";
import { createMetrics } from "./metrics.ts";

const MIB = 1024 * 1024;
const UPLOAD_TIMEOUT_MS = 60_000;
const PARTITIONS_AT_ONCE = 4;
const DRAIN_MS = 25_000;
const log = jsonLog("bridge");

async function main(env: BridgeEnv): Promise<void> {
  const kafka = kafkajsClient(env, "tintype-bridge");
  const budget = new ByteBudget(env.BUDGET_MIB * MIB);
  const metrics = createMetrics(() => budget.taken);
  const trouble = new Set<string>();
  const source = kafkajsRecordSource(kafka, {
    topics: env.KAFKA_TOPICS,
    groupId: env.KAFKA_GROUP,
    maxBytesPerPartition: env.FETCH_MIB * MIB,
    partitionsAtOnce: PARTITIONS_AT_ONCE,
    sessionTimeoutMs: env.KAFKA_SESSION_TIMEOUT_MS,
    onCrash: (error) => {
      log.error("consumer_ended", { text: error.message });
      process.exit(1);
    },
  });
  const notReady = () =>
    source.isMember()
      ? trouble.size === 0 ? undefined : [...trouble].join(", ")
      : "not in the group";
  const server = await startHealthServer({ port: env.PORT, registry: metrics.registry, notReady });
  const deadLetters = kafkajsDeadLetters(kafka, { topic: env.KAFKA_DEAD_LETTER_TOPIC });
  await requireLogAppendTime(kafka, env.KAFKA_TOPICS);
  await deadLetters.connect();
  const ports = {
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
    metrics,
    log,
    onTrouble: (what: string) => void trouble.add(what),
    onCalm: (what: string) => void trouble.delete(what),
  };
  await source.run((fetched) => handleFetch(ports, fetched));
  log.info("listening", {
    url: `http://localhost:${env.PORT}`,
    topics: env.KAFKA_TOPICS.join(","),
  });

  let isEnding = false;
  const end = async () => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    await source.stop();
    await deadLetters.close();
    server.close();
    log.info("ended");
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end());
}

try {
  await main(readEnv(process.env));
} catch (error) {
  log.error(error instanceof AppError ? "invalid_config" : "start_failed", {
    text: error instanceof Error ? error.message : String(error),
  });
  process.exit(1);
}

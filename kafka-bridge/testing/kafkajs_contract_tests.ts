import assert from "node:assert/strict";
import { kafkajsClient } from "../adapters/kafkajs_client.ts";
import { kafkajsDeadLetters } from "../adapters/kafkajs_dead_letters.ts";
import { kafkajsRecordSource } from "../adapters/kafkajs_record_source.ts";
import { readKafkaEnv } from "../config/env.ts";
import type { Cloud } from "./cloud.ts";
import type { KafkaTest } from "./describe_on_kafka.ts";
import type { Lane } from "./lane.ts";
import { KAFKA_CONTRACT, type KafkaAdapters } from "./ports_contract.ts";

const MIB = 1024 * 1024;

/** kafkajs behind the ports, and how to end all that was opened. */
function openAdapters({ brokers }: Cloud, lane: Lane) {
  const kafka = kafkajsClient(readKafkaEnv({ KAFKA_BROKERS: brokers }), { clientId: "contract" });
  const endings: (() => Promise<void>)[] = [];
  const adapters: KafkaAdapters = {
    async join(handler) {
      const source = kafkajsRecordSource(kafka, {
        topics: [lane.topic],
        groupId: lane.group,
        maxBytes: 3 * MIB,
        maxBytesPerPartition: MIB,
        sessionTimeoutMs: 2_000,
        onRebalancing: () => {},
        onRestart: (error) => assert.fail(error),
        onCrash: (error) => assert.fail(error),
      });
      endings.push(() => source.stop());
      await source.run(handler);
      return source;
    },
    async letters() {
      const letters = kafkajsDeadLetters(kafka, lane.deadLetterTopic);
      endings.push(() => letters.close());
      await letters.connect();
      return letters;
    },
  };
  return { adapters, close: () => Promise.all(endings.map((end) => end())) };
}

/** What the ports promise, of kafkajs. */
export function kafkajsContractTests(kafkaTest: KafkaTest): void {
  for (const { name, run } of KAFKA_CONTRACT) {
    kafkaTest(name, async (cloud, lane) => {
      const { adapters, close } = openAdapters(cloud, lane);
      try {
        await run({ cloud, lane, adapters });
      } finally {
        await close();
      }
    });
  }
}

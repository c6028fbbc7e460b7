import type { Admin, Kafka } from "kafkajs";
import { causesOf } from "./causes_of.ts";

/** What to watch. */
export interface WatchTopicEndsOptions {
  readonly topics: readonly string[];
  readonly everyMs: number;
  /** Called at each look with where a partition ends: the offset behind its last record. */
  readonly onEnd: (topic: string, partition: number, end: bigint) => void;
  /** Called once, when Kafka said twice in a row that it has a topic no more. */
  readonly onGone: (topic: string) => void;
  /** Called with the reason when the looks begin to fail, and when the first succeeds again. */
  readonly onLost: (error: unknown) => void;
  readonly onBack: () => void;
}

const LOOKS_TO_BE_SURE = 2;
const UNKNOWN_TOPIC = "UNKNOWN_TOPIC_OR_PARTITION";

/**
 * Looks where topics end, also while nothing is fetched of them, and whether they are still there: the client library
 * looks for a deleted topic, and for brokers that take no connection, for ever and says nothing. Answers how to stop.
 */
export function watchTopicEnds(kafka: Kafka, options: WatchTopicEndsOptions): () => Promise<void> {
  let admin: Admin | undefined;
  let looking: Promise<void> | undefined;
  const misses = new Map<string, number>();
  let isLost = false;
  const look = async () => {
    let failure: { readonly error: unknown } | undefined;
    for (const topic of options.topics) {
      try {
        admin ??= await connected(kafka);
        for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
          options.onEnd(topic, partition, BigInt(high));
        }
        misses.delete(topic);
      } catch (error) {
        // A new connection each time: the library keeps looking for whatever it was asked about once.
        await admin?.disconnect().catch(() => undefined);
        admin = undefined;
        if (!isUnknown(error)) {
          failure = { error };
          continue;
        }
        misses.set(topic, (misses.get(topic) ?? 0) + 1);
        if (misses.get(topic) === LOOKS_TO_BE_SURE) options.onGone(topic);
      }
    }
    if (failure !== undefined && !isLost) options.onLost(failure.error);
    if (failure === undefined && isLost) options.onBack();
    isLost = failure !== undefined;
  };
  const timer = setInterval(() => {
    looking ??= look().finally(() => looking = undefined);
  }, options.everyMs);
  return async () => {
    clearInterval(timer);
    await looking;
    await admin?.disconnect().catch(() => undefined);
  };
}

async function connected(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

function isUnknown(error: unknown): boolean {
  return causesOf(error).some((cause) => "type" in cause && cause.type === UNKNOWN_TOPIC);
}

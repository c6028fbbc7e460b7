import { setTimeout as sleep } from "node:timers/promises";
import type { Admin, Kafka } from "kafkajs";
import { causesOf } from "./causes_of.ts";
import type { SeenTopic, TopicRole } from "../config/topic_rules.ts";
import { REDRIVE_SUFFIX, RESULTS_SUFFIX } from "../delivery/origin.ts";
import { readTopicSettings } from "./topic_config.ts";

/** Which topics to look at. */
interface LookOptions {
  /** Topics that are read. */
  readonly topics: readonly string[];
  readonly deadLetterTopic: string;
}

/** What to wait for, and for how long. */
interface WaitForTopicsOptions extends LookOptions {
  readonly timeoutMs: number;
  /** Called once, when the first look fails. */
  readonly onWaiting: (error: unknown) => void;
}

const POLL_MS = 500;
const UNAUTHORIZED = "TOPIC_AUTHORIZATION_FAILED";

/**
 * Waits until Kafka answers and has every topic; returns those that are there, with their settings. Throws Error when it
 * does not in time. The client's own retries come on top: one that has none is right here.
 */
export async function waitForTopics(
  kafka: Kafka,
  options: WaitForTopicsOptions,
): Promise<SeenTopic[]> {
  const deadlineMs = performance.now() + options.timeoutMs;
  let isFirst = true;
  for (;;) {
    try {
      return await lookAtTopics(kafka, options);
    } catch (error) {
      if (isDenied(error)) throw error;
      if (isFirst) options.onWaiting(error);
      isFirst = false;
      if (performance.now() > deadlineMs) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** Whether the brokers do not take these credentials: that does not pass by waiting. */
function isDenied(error: unknown): boolean {
  return causesOf(error).some(({ name }) => name === "KafkaJSSASLAuthenticationError");
}

/**
 * Looks once which topics are there, and how they are set: redrive topics and results are where they are. Throws Error
 * where one is missing that must be there.
 */
export async function lookAtTopics(kafka: Kafka, options: LookOptions): Promise<SeenTopic[]> {
  const { topics, deadLetterTopic } = options;
  const admin = kafka.admin();
  try {
    await admin.connect();
    const held = new Set(await admin.listTopics());
    const missing = [...topics, deadLetterTopic].filter((topic) => !held.has(topic));
    if (missing.length > 0) {
      throw new Error(`Cannot find topic ${missing.join(", ")} in Kafka`);
    }
    const heldWith = (suffix: string) =>
      topics.map((topic) => topic + suffix).filter((topic) => held.has(topic));
    const roles: readonly (readonly [TopicRole, readonly string[]])[] = [
      ["source", topics],
      ["redrive", heldWith(REDRIVE_SUFFIX)],
      ["deadLetters", [deadLetterTopic]],
      ["results", heldWith(RESULTS_SUFFIX)],
    ];
    const seeing = roles.flatMap(([role, named]) =>
      named.map((topic) => seeTopic(admin, topic, role))
    );
    return await Promise.all(seeing);
  } finally {
    await admin.disconnect();
  }
}

/** The right to look at the settings of what is written was not always asked for: without it they are unknown. */
async function seeTopic(admin: Admin, topic: string, role: TopicRole): Promise<SeenTopic> {
  const reading = readTopicSettings(admin, topic);
  const settings = role === "source" || role === "redrive"
    ? await reading
    : await reading.catch((error: unknown) => {
      if (
        causesOf(error).some((cause) => "type" in cause && cause.type === UNAUTHORIZED)
      ) return null;
      throw error;
    });
  return { topic, role, settings };
}

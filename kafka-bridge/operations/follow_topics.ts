/**
 * Which topics are read: those that are there and whose settings keep the retention contract, or are accepted. One that
 * is made, made right or made wrong later is seen at the next look, and what was seen is left for the keeper.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { KafkaObservation } from "@tintype/core/model/kafka_observation";
import type { Clock } from "@tintype/core/ports/clock";
import type { Log } from "@tintype/core/ports/log";
import type { TenantTopics } from "@tintype/core/ports/tenants";
import {
  judgeTopic,
  type SeenTopic,
  type TopicJudgement,
  type TopicRole,
} from "../config/topic_rules.ts";
import type { Observations } from "../ports.ts";
import type { ReadinessBlockers } from "./readiness_blockers.ts";
import { wordsOfError } from "./words_of_error.ts";

/** What following topics needs. */
export interface FollowTopicsPorts {
  readonly tenants: TenantTopics;
  readonly observations: Observations;
  readonly readiness: ReadinessBlockers;
  readonly clock: Clock;
  readonly log: Log;
  readonly cluster: string;
  /** Of the command that an operator may paste. */
  readonly brokers: readonly string[];
  /** Looks once; throws where Kafka does not answer. */
  readonly look: () => Promise<readonly SeenTopic[]>;
  /** Reads these topics from now on, and no others. */
  readonly read: (topics: readonly string[]) => Promise<void>;
}

/** How often what is seen is written although nothing changed. */
const WRITE_EVERY_MS = 3_600_000;

/** Follows the topics of one bridge. */
export class TopicFollower {
  readonly #ports: FollowTopicsPorts;
  #reading: string | undefined;
  #results: ReadonlySet<string> = new Set();
  #unblock: (() => void) | undefined;
  #written = { text: "", atMs: -Infinity };
  readonly #reported = new Map<string, string>();

  constructor(ports: FollowTopicsPorts) {
    this.#ports = ports;
  }

  /** Acts on a look: reads what may be read, and says of each topic that may not what to do. Returns those topics. */
  async follow(seen: readonly SeenTopic[]): Promise<readonly TopicJudgement[]> {
    const { readiness, read } = this.#ports;
    const judged = await Promise.all(seen.map((topic) => this.#judge(topic)));
    for (const topic of judged) this.#report(topic);
    const refused = judged.filter(({ verdict }) => verdict === "refused");
    if (refused.length > 0) this.#unblock ??= readiness.block("topics");
    else this.#unblock = void this.#unblock?.();
    // Without dead letters nothing can be refused.
    const canRead = !refused.some(({ role }) => role === "deadLetters");
    const usable = judged.filter(({ verdict }) => verdict !== "refused");
    this.#results = new Set(namesOf(usable, "results"));
    const topics = canRead ? namesOf(usable, "source", "redrive") : [];
    const writing = this.#write(judged);
    if (topics.length === 0) await writing; // the bridge may end now
    if (topics.join() !== this.#reading) await read(topics);
    this.#reading = topics.join();
    return refused;
  }

  /** Whether results may be written to a topic, as of the last look. */
  mayWriteResults(topic: string): boolean {
    return this.#results.has(topic);
  }

  /** Looks again and again until the stop. */
  async keepFollowing(everyMs: number, stopping: AbortSignal): Promise<void> {
    let isLost = false;
    while (!stopping.aborted) {
      await sleep(everyMs, undefined, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) return;
      try {
        await this.follow(await this.#ports.look());
        isLost = false;
      } catch (error) {
        if (!isLost) this.#ports.log.warn("topics_not_seen", { text: wordsOfError(error) });
        isLost = true;
      }
    }
  }

  /** While its configuration cannot be read nothing is accepted; its reader has logged why. */
  async #judge(seen: SeenTopic): Promise<TopicJudgement> {
    const { tenants, brokers } = this.#ports;
    const bare = judgeTopic(seen, {}, brokers);
    if (bare.verdict !== "refused") return bare;
    const plan = await tenants.topicOf(seen.topic).catch(() => undefined);
    return judgeTopic(seen, plan?.accept ?? {}, brokers);
  }

  #report({ topic, verdict, advice, settings }: TopicJudgement): void {
    const { log } = this.#ports;
    const text = advice ?? JSON.stringify(settings);
    if (this.#reported.get(topic) === text + verdict) return;
    this.#reported.set(topic, text + verdict);
    if (verdict === "refused") log.error("topic_refused", { topic, text });
    else log.info("topic_seen", { topic, verdict, text });
  }

  async #write(judged: readonly TopicJudgement[]): Promise<void> {
    const { observations, clock, cluster, log } = this.#ports;
    const topics: KafkaObservation["topics"] = judged.map(({ topic, verdict, settings }) => ({
      ...{ topic, verdict, settings },
    }));
    const text = JSON.stringify(topics);
    const nowMs = clock.now();
    if (text === this.#written.text && nowMs - this.#written.atMs < WRITE_EVERY_MS) return;
    try {
      await observations.put({ observedAt: new Date(nowMs).toISOString(), cluster, topics });
      this.#written = { text, atMs: nowMs };
    } catch (error) {
      // The certificate then says that nothing was observed.
      log.warn("observation_not_written", { text: wordsOfError(error) });
    }
  }
}

function namesOf(topics: readonly SeenTopic[], ...roles: readonly TopicRole[]): string[] {
  return topics.filter(({ role }) => roles.includes(role)).map(({ topic }) => topic);
}

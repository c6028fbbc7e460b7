import assert from "node:assert/strict";
import { test } from "node:test";
import type { KafkaObservation } from "@tintype/core/model/kafka_observation";
import type { TopicPlan } from "@tintype/core/model/tenant_plan";
import { ManualClock } from "@tintype/core/testing/test_world";
import type { SeenTopic } from "../config/topic_rules.ts";
import { fakePorts, TENANTS, until } from "../testing/fake_ports.ts";
import { down } from "../testing/open_bridge.ts";
import { TopicFollower } from "./follow_topics.ts";

const RIGHT = {
  cleanupPolicy: "delete",
  retentionMs: 1,
  segmentMs: 1,
  timestampType: "LogAppendTime",
} as const;
const source = (topic: string, given: object = {}): SeenTopic => ({
  ...{ topic, role: "source", settings: { ...RIGHT, ...given } },
});
const LETTERS: SeenTopic = { topic: "images.dlq", role: "deadLetters", settings: RIGHT };

/** A follower over fakes, and what it reads, writes and logs. */
function openFollower(accept?: TopicPlan["accept"]) {
  const { ports: { readiness, log }, lines } = fakePorts();
  const clock = new ManualClock();
  const reads: string[] = [];
  const written: KafkaObservation[] = [];
  const state: { isWritable: boolean; seen: readonly SeenTopic[] } = { isWritable: true, seen: [] };
  const follower = new TopicFollower({
    ...{ readiness, log, clock, cluster: "local", brokers: ["a:1"] },
    tenants: {
      topicOf: async (topic) => {
        const plan = await TENANTS.topicOf(topic);
        return plan && { ...plan, ...accept === undefined ? {} : { accept } };
      },
    },
    observations: {
      put: async (observation) => {
        if (!state.isWritable) throw down();
        written.push(observation);
      },
    },
    look: async () => state.seen,
    read: async (topics) => void reads.push(topics.join()),
  });
  const events = (name: string) => lines.filter(({ event }) => event === name);
  return { follower, readiness, clock, reads, written, state, events };
}

test("TopicFollower reads what may be read, reports a refused topic once, and reads it when it is right", async () => {
  const { follower, readiness, reads, events } = openFollower();
  const wrong = [source("images", { retentionMs: -1 }), source("open"), LETTERS];
  const refused = await follower.follow(wrong);
  await follower.follow(wrong);
  assert.deepEqual(refused.map(({ topic }) => topic), ["images"]);
  assert.deepEqual([reads, readiness.current], [["open"], ["topics"]]);
  assert.equal(events("topic_refused").length, 1);
  await follower.follow([source("images"), source("open"), LETTERS]);
  assert.deepEqual([reads, readiness.current], [["open", "images,open"], []]);
});

test("TopicFollower reads what its tenant accepts", async () => {
  const { follower, reads, written } = openFollower({ retentionHours: "unlimited" });
  await follower.follow([source("images", { retentionMs: -1 }), LETTERS]);
  assert.deepEqual(reads, ["images"]);
  assert.deepEqual(written[0]?.topics.map(({ verdict }) => verdict), ["accepted", "within"]);
});

test("TopicFollower reads nothing while dead letters would stay for too long", async () => {
  const { follower, reads } = openFollower();
  await follower.follow([source("images"), { ...LETTERS, settings: null }]);
  const letters = { ...LETTERS, settings: { ...RIGHT, retentionMs: -1 } };
  await follower.follow([source("images"), letters]);
  assert.deepEqual(reads, ["images", ""]);
});

test("TopicFollower reads no results, and lets them be written where their topic is right", async () => {
  const { follower, reads, written } = openFollower();
  const results = { ...source("images.results"), role: "results" } as const;
  await follower.follow([source("images"), LETTERS, results]);
  assert.ok(follower.mayWriteResults("images.results"));
  assert.ok(!follower.mayWriteResults("open.results"));
  assert.equal(written[0]?.topics.at(-1)?.topic, "images.results");
  const wrong = source("images.results", { retentionMs: 1e9 });
  await follower.follow([source("images"), LETTERS, { ...wrong, role: "results" }]);
  assert.deepEqual([reads, follower.mayWriteResults("images.results")], [["images"], false]);
});

test("TopicFollower writes what it saw at each change and hourly, and goes on where it cannot", async () => {
  const { follower, clock, written, state, events } = openFollower();
  const seen = [source("images"), LETTERS];
  await follower.follow(seen);
  await follower.follow(seen);
  assert.equal(written.length, 1);
  clock.nowMs += 3_600_000;
  state.isWritable = false;
  await follower.follow(seen);
  state.isWritable = true;
  await follower.follow(seen);
  await follower.follow([source("images", { segmentMs: 2 }), LETTERS]);
  assert.deepEqual([written.length, events("observation_not_written").length], [3, 1]);
});

test("TopicFollower looks until the stop", async () => {
  const { follower, reads, state } = openFollower();
  state.seen = [source("images"), LETTERS];
  const stopping = new AbortController();
  const following = follower.keepFollowing(2, stopping.signal);
  await until(() => reads.length === 1);
  state.seen = [source("images"), source("open"), LETTERS];
  await until(() => reads.length === 2);
  stopping.abort();
  await following;
});

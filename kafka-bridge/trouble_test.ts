/** What a running bridge does about each trouble of Kafka and of storage, on a real broker. */
import assert from "node:assert/strict";
import process from "node:process";
import { NOT_AN_IMAGE } from "@tintype/core/testing/sample_images";
import { eventually } from "@tintype/core/testing/eventually";
import {
  becomes,
  describeOnKafka,
  metricOf,
  picturesOf,
  readinessOf,
} from "./testing/describe_on_kafka.ts";

/** Longer than a consumer looks for a broker before it is started again. */
const GONE_MS = 16_000;

/** What storage does to the first uploads: refuses some, cuts some in their bodies, and loses answers. */
const STORAGE_FAULTS = [{ status: 429 }, { cutAfterBytes: 20 }, { dropReply: true }];

describeOnKafka("the bridge in trouble", {
  async "is not ready while the group's coordinator is silent"(cloud, topics) {
    const bridge = topics.startBridge();
    const early = await topics.send(picturesOf(20));
    await topics.caughtUp();
    await cloud.whileSilent(() => becomes(bridge, "not in the group"));
    const late = await topics.send(picturesOf(20));
    await topics.caughtUp();
    assert.equal(await topics.stored([...early, ...late]), 40);
    await becomes(bridge, "ready");
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "ends with 1 when its topic is forbidden"(cloud, topics) {
    const bridge = topics.startBridge(cloud.secure);
    const early = await topics.send(picturesOf(8));
    await topics.caughtUp();
    await cloud.forbid("topic", topics.topic);
    await topics.send(picturesOf(8));
    assert.equal(await bridge.ended, 1);
    const last = bridge.lines.at(-1);
    assert.equal(last?.["event"], "consumer_ended");
    assert.match(String(last?.["text"]), /Topic authorization failed/);
    assert.equal(await topics.stored(early), 8);
  },

  async "pauses while storage takes nothing, and shows its lag"(cloud, topics) {
    const bridge = topics.startBridge({ KAFKA_WATCH_EVERY_MS: "200" });
    await bridge.line("listening");
    await cloud.fault({ match: { path: "^/upload/" }, times: 100_000, action: { status: 503 } });
    const early = await topics.send(picturesOf(40));
    await bridge.line("circuit_opened");
    const readiness = await readinessOf(bridge);
    const late = await topics.send(picturesOf(40));
    const series = `tintype_bridge_lag_records{topic="${topics.topic}",partition="0"}`;
    await eventually("lag of what waits", async () => await metricOf(bridge, series) === 20);
    assert.equal(await metricOf(bridge, "tintype_bridge_circuit_open"), 1);
    await cloud.clearFaults();
    await topics.caughtUp();
    await bridge.line("circuit_closed");
    assert.equal(readiness, "storage");
    await eventually("no lag", async () => await metricOf(bridge, series) === 0);
    assert.equal(await topics.stored([...early, ...late]), 80);
    assert.deepEqual(await topics.lettersNow(), []);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "has each record once, whatever storage does to uploads"(cloud, topics) {
    const before = (await cloud.names()).length;
    for (const action of STORAGE_FAULTS) {
      await cloud.fault({ match: { path: "^/upload/" }, times: 8, action });
    }
    const bridge = topics.startBridge();
    const sent = await topics.send(picturesOf(40));
    await topics.caughtUp();
    assert.equal(await topics.stored(sent), 40);
    assert.equal((await cloud.names()).length, before + 40);
    assert.deepEqual(await topics.lettersNow(), []);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "ends when its topic is deleted, and reads a new one whole"(cloud, topics) {
    const bridge = topics.startBridge({ KAFKA_WATCH_EVERY_MS: "500" });
    const early = await topics.send(picturesOf(4));
    await topics.caughtUp();
    await cloud.admin.deleteTopics({ topics: [topics.topic] });
    assert.equal(await bridge.ended, 1);
    assert.match(String(bridge.lines.at(-1)?.["text"]), /has no topic images-.* any more/);
    const next = topics.startBridge();
    await next.line("waiting_for_kafka");
    await topics.createTopic();
    const late = await topics.send(picturesOf(4));
    assert.deepEqual(late.map(({ offset }) => offset), early.map(({ offset }) => offset));
    await eventually(
      "the new topic's images",
      async () => await topics.stored([...early, ...late]) === 8,
    );
    assert.equal(await next.kill("SIGTERM"), 0);
  },

  async "waits until a lost dead-letter topic is back"(cloud, topics) {
    const bridge = topics.startBridge();
    await bridge.line("listening");
    await cloud.admin.deleteTopics({ topics: [topics.deadLetterTopic] });
    const [bad] = await topics.send([NOT_AN_IMAGE]);
    await becomes(bridge, "dead_letters");
    assert.ok((await topics.committed()).get(0) !== 1n, "nothing is skipped");
    await topics.createDeadLetterTopic();
    await topics.caughtUp();
    const [letter] = await topics.deadLetters(1);
    assert.equal(letter?.origin, `${topics.topic}/0/${bad?.offset}`);
    await becomes(bridge, "ready");
    await bridge.kill("SIGTERM");
  },

  async "joins again when it was silent past the session timeout"(cloud, topics) {
    const bridge = topics.startBridge();
    await bridge.line("listening");
    process.kill(bridge.pid, "SIGSTOP");
    const sent = await topics.send(picturesOf(20));
    await eventually("a group without it", async () => {
      const { groups } = await cloud.admin.describeGroups([topics.group]);
      return groups[0]?.state === "Empty";
    });
    process.kill(bridge.pid, "SIGCONT");
    await topics.caughtUp();
    assert.equal(await topics.stored(sent), 20);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "outlives a broker that is gone for long, and says so"(cloud, topics) {
    const bridge = topics.startBridge({ KAFKA_WATCH_EVERY_MS: "100" });
    await bridge.line("listening");
    const early = await topics.send(picturesOf(20));
    await cloud.restartBroker(GONE_MS);
    await bridge.line("consumer_restarting");
    const late = await topics.send(picturesOf(20));
    await topics.caughtUp();
    assert.equal(await topics.stored([...early, ...late]), 40);
    await becomes(bridge, "ready");
    const lost = await bridge.line("kafka_lost");
    assert.match(String(lost["text"]), /[Cc]losed|ECONNREFUSED|ECONNRESET/);
    await bridge.line("kafka_back");
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },
});

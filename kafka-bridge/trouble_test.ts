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
  SLOW_UPLOADS,
} from "./testing/describe_on_kafka.ts";

/** What may be forbidden, and the words of Kafka for it. */
const FORBIDDEN = [
  ["topic", /Topic authorization failed/],
  ["group", /Group authorization failed/],
] as const;

/** Longer than a consumer looks for a broker before it is started again. */
const GONE_MS = 16_000;

/** What storage does to the first uploads. */
const STORAGE_FAULTS = [
  ["has too much to do", { status: 429 }],
  ["cuts the connection in the middle of a body", { cutAfterBytes: 20 }],
  ["does the work and loses the answer", { dropReply: true }],
] as const;

describeOnKafka("the bridge in trouble", (kafkaTest) => {
  kafkaTest("is not ready while the group's coordinator is silent", async (cloud, lane) => {
    const bridge = lane.startBridge();
    const early = await lane.send(picturesOf(20));
    await lane.caughtUp();
    await cloud.whileSilent(() => becomes(bridge, "not in the group"));
    const late = await lane.send(picturesOf(20));
    await lane.caughtUp();
    assert.equal(await lane.stored([...early, ...late]), 40);
    await becomes(bridge, "ready");
    assert.equal(await bridge.kill("SIGTERM"), 0);
  });

  for (const [kind, reason] of FORBIDDEN) {
    kafkaTest(`ends with 1 when its ${kind} is forbidden`, async (cloud, lane) => {
      const bridge = lane.startBridge(cloud.secure);
      const early = await lane.send(picturesOf(8));
      await lane.caughtUp();
      await cloud.forbid(kind, lane[kind]);
      await lane.send(picturesOf(8));
      assert.equal(await bridge.ended, 1);
      const last = bridge.lines.at(-1);
      assert.equal(last?.["event"], "consumer_ended");
      assert.match(String(last?.["text"]), reason);
      assert.equal(await lane.stored(early), 8);
    });
  }

  kafkaTest("pauses while storage takes nothing, and shows its lag", async (cloud, lane) => {
    const bridge = lane.startBridge({ KAFKA_WATCH_EVERY_MS: "200" });
    await bridge.line("listening");
    await cloud.fault({ match: { path: "^/upload/" }, times: 100_000, action: { status: 503 } });
    const early = await lane.send(picturesOf(40));
    await bridge.line("circuit_opened");
    const readiness = await readinessOf(bridge);
    const late = await lane.send(picturesOf(40));
    const series = `tintype_bridge_lag_records{topic="${lane.topic}",partition="0"}`;
    await eventually("lag of what waits", async () => await metricOf(bridge, series) === 20);
    assert.equal(await metricOf(bridge, "tintype_bridge_circuit_open"), 1);
    await cloud.clearFaults();
    await lane.caughtUp();
    await bridge.line("circuit_closed");
    assert.equal(readiness, "storage");
    await eventually("no lag", async () => await metricOf(bridge, series) === 0);
    assert.equal(await lane.stored([...early, ...late]), 80);
    assert.deepEqual(await lane.lettersNow(), []);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  });

  for (const [what, action] of STORAGE_FAULTS) {
    kafkaTest(`has each record once where storage ${what}`, async (cloud, lane) => {
      const before = (await cloud.names()).length;
      await cloud.fault({ match: { path: "^/upload/" }, times: 12, action });
      const bridge = lane.startBridge();
      const sent = await lane.send(picturesOf(40));
      await lane.caughtUp();
      assert.equal(await lane.stored(sent), 40);
      assert.equal((await cloud.names()).length, before + 40);
      assert.deepEqual(await lane.lettersNow(), []);
      assert.equal(await bridge.kill("SIGTERM"), 0);
    });
  }

  kafkaTest("ends when its topic is deleted, and reads a new one whole", async (cloud, lane) => {
    const bridge = lane.startBridge({ KAFKA_WATCH_EVERY_MS: "500" });
    const early = await lane.send(picturesOf(4));
    await lane.caughtUp();
    await cloud.admin.deleteTopics({ topics: [lane.topic] });
    assert.equal(await bridge.ended, 1);
    assert.match(String(bridge.lines.at(-1)?.["text"]), /has no topic images-.* any more/);
    const next = lane.startBridge();
    await next.line("waiting_for_kafka");
    await lane.createTopic();
    const late = await lane.send(picturesOf(4));
    assert.deepEqual(late.map(({ offset }) => offset), early.map(({ offset }) => offset));
    await eventually(
      "the new topic's images",
      async () => await lane.stored([...early, ...late]) === 8,
    );
    assert.equal(await next.kill("SIGTERM"), 0);
  });

  kafkaTest("waits until a lost dead-letter topic is back", async (cloud, lane) => {
    const bridge = lane.startBridge();
    await bridge.line("listening");
    await cloud.admin.deleteTopics({ topics: [lane.deadLetterTopic] });
    const [bad] = await lane.send([NOT_AN_IMAGE]);
    await becomes(bridge, "dead_letters");
    assert.ok((await lane.committed()).get(0) !== 1n, "nothing is skipped");
    await lane.createDeadLetterTopic();
    await lane.caughtUp();
    const [letter] = await lane.deadLetters(1);
    assert.equal(letter?.origin, `${lane.topic}/0/${bad?.offset}`);
    await becomes(bridge, "ready");
    await bridge.kill("SIGTERM");
  });

  kafkaTest("takes over from a second member that is killed", async (cloud, lane) => {
    await cloud.fault(SLOW_UPLOADS);
    const before = (await cloud.names()).length;
    const sent = await lane.send(picturesOf(300));
    const [first, second] = [lane.startBridge(), lane.startBridge()];
    await Promise.all([first.line("listening"), second.line("listening")]);
    await eventually("two members", async () => {
      const { groups } = await cloud.admin.describeGroups([lane.group]);
      return groups[0]?.members.length === 2 && groups[0].state === "Stable";
    });
    await second.kill("SIGKILL");
    await cloud.clearFaults();
    await lane.caughtUp();
    assert.equal(await lane.stored(sent), 300);
    assert.equal((await cloud.names()).length, before + 300);
    await first.kill("SIGTERM");
  });

  kafkaTest("joins again when it was silent past the session timeout", async (cloud, lane) => {
    const bridge = lane.startBridge();
    await bridge.line("listening");
    process.kill(bridge.pid, "SIGSTOP");
    const sent = await lane.send(picturesOf(20));
    await eventually("a group without it", async () => {
      const { groups } = await cloud.admin.describeGroups([lane.group]);
      return groups[0]?.state === "Empty";
    });
    process.kill(bridge.pid, "SIGCONT");
    await lane.caughtUp();
    assert.equal(await lane.stored(sent), 20);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  });

  kafkaTest("outlives a broker that is gone for long, and says so", async (cloud, lane) => {
    const bridge = lane.startBridge({ KAFKA_WATCH_EVERY_MS: "100" });
    await bridge.line("listening");
    const early = await lane.send(picturesOf(20));
    await cloud.restartBroker(GONE_MS);
    await bridge.line("consumer_restarting");
    const late = await lane.send(picturesOf(20));
    await lane.caughtUp();
    assert.equal(await lane.stored([...early, ...late]), 40);
    await becomes(bridge, "ready");
    const lost = await bridge.line("kafka_lost");
    assert.match(String(lost["text"]), /[Cc]losed|ECONNREFUSED|ECONNRESET/);
    await bridge.line("kafka_back");
    assert.equal(await bridge.kill("SIGTERM"), 0);
  });
});

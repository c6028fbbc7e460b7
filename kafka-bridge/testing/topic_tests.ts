/** Topics as companies have them, and their tenants' quotas, on a real broker. */
import assert from "node:assert/strict";
import { eventually } from "@tintype/core/testing/eventually";
import { becomes, type KafkaTests, picturesOf, SLOW_UPLOADS } from "./describe_on_kafka.ts";
import { redrivenHeaders } from "./fake_ports.ts";

/** What the bridge does about topics' settings, and how much it takes of them. */
export const TOPIC_TESTS: KafkaTests = {
  async "refuses a topic that keeps records too long or that producers date"(cloud, topics) {
    const before = (await cloud.names()).length;
    const settings = { "retention.ms": "604800000", "message.timestamp.type": "CreateTime" };
    await topics.configure(topics.topic, settings);
    const bridge = topics.startBridge();
    assert.equal(await bridge.ended, 1);
    const text = String(bridge.lines.at(-1)?.["text"]);
    assert.match(text, /must be LogAppendTime/);
    assert.match(
      text,
      /--add-config retention\.ms=259200000,message\.timestamp\.type=LogAppendTime/,
    );
    const stateOf = async (name: string) =>
      (await cloud.config.kafka()).topics.find(({ topic }) => topic === name);
    assert.equal((await stateOf(topics.topic))?.verdict, "refused");
    await topics.setLimits({}, { accept: { createTime: true, retentionHours: 168 } });
    const accepting = topics.startBridge();
    await topics.send(picturesOf(4));
    const old = String(Date.now() - 4 * 86_400_000);
    await topics.send(picturesOf(1), undefined, 0, topics.topic, old);
    await topics.caughtUp();
    assert.deepEqual((await topics.lettersNow()).map(({ reason }) => reason), [
      "timestamp_out_of_range",
    ]);
    assert.equal((await cloud.names()).length, before + 4);
    const seen = await stateOf(topics.topic);
    assert.equal(seen?.verdict, "accepted");
    assert.equal(seen?.settings?.retentionMs, 604_800_000);
    assert.equal((await stateOf(topics.deadLetterTopic))?.verdict, "within");
    await accepting.kill("SIGTERM");
  },

  async "reads what is made while it runs, and stops where a topic turns wrong"(cloud, topics) {
    const bridge = topics.startBridge({ KAFKA_TOPICS_EVERY_MS: "1000" });
    await bridge.line("listening");
    const partitions = [{ topic: topics.topic, count: 5 }];
    await cloud.admin.createPartitions({ topicPartitions: partitions });
    await topics.createRedriveTopic();
    const isSent = () => topics.send(picturesOf(1), undefined, 4).catch(() => undefined);
    const [sent] = await eventually("the new partition", isSent);
    const headers = redrivenHeaders(Date.now(), topics.topic);
    await topics.send(picturesOf(1), headers, 0, `${topics.topic}.redrive`);
    assert.ok(sent !== undefined);
    const timestampMs = Number(headers["tintype.timestamp"]);
    const both = [sent, { partition: 0, offset: "5", timestampMs }];
    await eventually("both images", async () => await topics.stored(both) === 2);
    await topics.configure(topics.topic, { "retention.ms": "-1", "cleanup.policy": "compact" });
    await becomes(bridge, "topics");
    assert.match(String((await bridge.line("topic_refused"))["text"]), /cleanup\.policy must be/);
    await topics.configure(topics.topic, { "retention.ms": "1000000", "cleanup.policy": "delete" });
    await becomes(bridge, "ready");
    const late = await topics.send(picturesOf(4));
    await topics.caughtUp();
    assert.equal(await topics.stored(late), 4);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "takes as many images a day as its tenant may, over kills and rebalances"(cloud, topics) {
    const before = (await cloud.names()).length;
    await topics.setLimits({ imagesPerDay: 10 });
    await cloud.fault(SLOW_UPLOADS);
    const killed = [topics.startBridge(), topics.startBridge()];
    await Promise.all(killed.map((bridge) => bridge.line("listening")));
    await topics.send(picturesOf(18));
    await eventually("some images", async () => (await cloud.names()).length > before);
    await Promise.all(killed.map((bridge) => bridge.kill("SIGKILL")));
    await cloud.clearFaults();
    const bridge = topics.startBridge();
    await topics.caughtUp();
    const second = topics.startBridge();
    await second.line("listening");
    await topics.send(picturesOf(18));
    await topics.caughtUp();
    assert.equal((await cloud.names()).length, before + 10);
    const letters = await topics.lettersNow();
    const refused = new Set(letters.map(({ origin }) => origin));
    assert.equal(refused.size, 26);
    assert.deepEqual([...new Set(letters.map(({ reason }) => reason))], ["quota_exceeded"]);
    for (const each of [bridge, second]) assert.equal(await each.kill("SIGTERM"), 0);
  },
};

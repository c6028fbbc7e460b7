/** What a running bridge does about each trouble of Kafka and of storage, on a real broker. */
import assert from "node:assert/strict";
import process from "node:process";
import { crc32c } from "@node-rs/crc32";
import { PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { eventually } from "@tintype/core/testing/eventually";
import { dlq } from "./testing/command_tests.ts";
import {
  becomes,
  describeOnKafka,
  metricOf,
  picturesOf,
  readinessOf,
} from "./testing/describe_on_kafka.ts";
import { chunkHeaders } from "./testing/fake_ports.ts";

/** A batch whose codec nobody knows, with the right checksum. */
function unknownCodec(batch: Buffer): void {
  batch.writeInt16BE(batch.readInt16BE(21) | 5, 21);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
}

/** A batch with one bit of its last bytes changed. */
function flippedByte(batch: Buffer): void {
  batch.writeUInt8(batch.readUInt8(batch.byteLength - 9) ^ 1, batch.byteLength - 9);
}

describeOnKafka("the bridge in trouble", {
  async "holds just the partition of an undecodable batch, until that is skipped"(cloud, topics) {
    const sent = await Promise.all(
      [0, 1, 2].map((only) => topics.send(picturesOf(3), undefined, only)),
    );
    const { topic, group } = topics;
    for (const [partition, change] of [unknownCodec, flippedByte].entries()) {
      await cloud.changeBatch({ topic, partition, offset: 1n }, change);
    }
    const bridge = topics.startBridge();
    await eventually("the others", async () => await topics.stored(sent.flat()) === 5);
    await becomes(bridge, "undecodable");
    const held = async () => [...(await topics.committed()).values()].slice(0, 3).join();
    await eventually("commits before them", async () => await held() === "1,1,3");
    const events = bridge.lines.filter(({ event }) => event === "batch_undecodable");
    assert.deepEqual(
      events.map(({ partition, firstOffset, lastOffset }) => [partition, firstOffset, lastOffset])
        .sort(),
      [[0, "1", "1"], [1, "1", "1"]],
    );
    assert.match(String(events.find(({ partition }) => partition === 0)?.["text"]), /codec is unk/);
    const skip = (partition: number) =>
      dlq(cloud, topics, "skip", `${topic}/${partition}/1`, "--group", group);
    const [good, first] = [skip(2), skip(0)];
    assert.equal(await good.ended, 1);
    assert.match(good.errors(), /there is no batch that cannot be decoded/);
    assert.equal(await first.ended, 0, first.errors());
    assert.deepEqual([first.lines[0]?.["lastOffset"], first.lines[0]?.["count"]], ["1", 1]);
    const second = skip(1);
    assert.equal(await second.ended, 0, second.errors());
    await topics.caughtUp();
    assert.equal(await topics.stored(sent.flat()), 7);
    // A skip keeps what the group counts.
    assert.deepEqual(await Promise.all([0, 1, 2].map(topics.imagesCounted)), [2, 2, 3]);
    await becomes(bridge, "ready");
    assert.deepEqual(await topics.lettersNow(), []);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "passes aborted transactions, and reports what Kafka deleted unread"(cloud, topics) {
    const [one, two] = await Promise.all([1, 2].map(() => cloud.beginTransaction()));
    assert.ok(one !== undefined && two !== undefined);
    // The second ends first: the broker lists it first.
    await one.send(topics.topic, PNG_PIXEL);
    await two.send(topics.topic, PNG_PIXEL);
    await two.end("abort");
    await one.end("abort");
    const before = (await cloud.names()).length;
    const committed = await cloud.beginTransaction();
    await committed.send(topics.topic, PNG_PIXEL);
    await committed.end("commit");
    await topics.send([PNG_PIXEL], chunkHeaders("torn", 0, 2), 0);
    await topics.send(picturesOf(6), undefined, 1);
    await topics.send(picturesOf(1), undefined, 2);
    const { topic } = topics;
    await cloud.admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: "4" }] });
    await topics.commitCounted(1, "1", 5);
    await topics.commitCounted(2, "7", 5);
    const bridge = topics.startBridge({ CHUNK_SILENCE_MS: "1000", KAFKA_WATCH_EVERY_MS: "200" });
    const lost = await bridge.line("records_lost");
    assert.deepEqual([lost["partition"], lost["from"], lost["to"]], [1, "1", "4"]);
    const remade = await bridge.line("topic_remade");
    assert.deepEqual([remade["partition"], remade["from"], remade["to"]], [2, "7", "0"]);
    const series = `tintype_bridge_lag_records{topic="${topic}",partition="0"}`;
    await topics.caughtUp();
    await eventually("no lag", async () => await metricOf(bridge, series) === 0);
    assert.equal((await cloud.names()).length, before + 1 + 2 + 1);
    assert.deepEqual(await Promise.all([1, 2].map(topics.imagesCounted)), [5 + 2, 5 + 1]);
    assert.deepEqual((await topics.lettersNow()).map(({ reason }) => reason), [
      "incomplete_chunks",
    ]);
    const lostSeries = `tintype_bridge_records_lost_total{topic="${topic}"}`;
    assert.equal(await metricOf(bridge, lostSeries), 3);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "is not ready while its broker is silent or gone, says so, and goes on"(cloud, topics) {
    const bridge = topics.startBridge({ KAFKA_WATCH_EVERY_MS: "100" });
    const early = await topics.send(picturesOf(20));
    await topics.caughtUp();
    await cloud.whileSilent(() => becomes(bridge, "not in the group"));
    await becomes(bridge, "ready");
    await cloud.restartBroker();
    const lost = await bridge.line("kafka_lost");
    assert.match(String(lost["text"]), /[Cc]losed|ECONNREFUSED|ECONNRESET/);
    await bridge.line("kafka_back");
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

  async "joins again when it was silent past the session timeout"(cloud, topics) {
    const before = (await cloud.names()).length;
    const bridge = topics.startBridge();
    await bridge.line("listening");
    // Uploads are under way that end after the session.
    const slow = { match: { path: "^/upload/" }, times: 20, action: { delayMs: 2_500 } };
    await cloud.fault(slow);
    const sent = await topics.send(picturesOf(20));
    const held = "tintype_bridge_in_flight_bytes";
    await eventually("uploads", async () => (await metricOf(bridge, held) ?? 0) > 0);
    process.kill(bridge.pid, "SIGSTOP");
    await eventually("a group without it", async () => {
      const { groups } = await cloud.admin.describeGroups([topics.group]);
      return groups[0]?.state === "Empty";
    });
    process.kill(bridge.pid, "SIGCONT");
    await topics.caughtUp();
    assert.equal(await topics.stored(sent), 20);
    assert.equal((await cloud.names()).length, before + 20);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },
});

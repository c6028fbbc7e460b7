/** What the bridge relies on in kafkajs behind `ports.ts`, on a real broker. */
import assert from "node:assert/strict";
import { eventually } from "@tintype/core/testing/eventually";
import { kafkajsClient } from "../adapters/kafkajs_client.ts";
import { kafkajsDeadLetters } from "../adapters/kafkajs_dead_letters.ts";
import { kafkajsRecordSource } from "../adapters/kafkajs_record_source.ts";
import { readKafkaEnv } from "../config/env.ts";
import type { FetchHandler, PartitionFetch, RecordSource } from "../ports.ts";
import type { Cloud } from "./cloud.ts";
import type { KafkaTests } from "./describe_on_kafka.ts";
import { recordOf } from "./fake_ports.ts";
import type { TestTopics } from "./test_topics.ts";

const MIB = 1024 * 1024;
const PARTITIONS = 4;
const valuesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => Buffer.from(`value ${index}`));

const clientOf = ({ brokers }: Cloud) =>
  kafkajsClient(readKafkaEnv({ KAFKA_BROKERS: brokers }), { clientId: "kafkajs-tests" });

/** Joins a member to the group of the topics that hands its fetches to `handler`, too. */
type Join = (handler?: FetchHandler) => Promise<readonly [Seen, RecordSource]>;

/** What a member of a group promises. */
const MEMBER_TESTS: Readonly<Record<string, (topics: TestTopics, join: Join) => Promise<void>>> = {
  async "hands over every record from the beginning, in order, as it was produced"(topics, join) {
    const values = valuesOf(40);
    const sent = await topics.send(values);
    const [seen] = await join();
    await seen.count(40);
    for (const [index, { partition, offset, timestampMs }] of sent.entries()) {
      const record = seen.at(partition, BigInt(offset));
      assert.deepEqual(Buffer.from(record?.value ?? []), values[index]);
      assert.equal(textOf(record?.key), `k${index}`);
      assert.equal(textOf(record?.headers.get("subject")), "ada");
      assert.equal(record?.timestampMs, timestampMs);
    }
    const offsets = seen.offsets(0);
    assert.deepEqual(offsets, offsets.toSorted((a, b) => a - b));
    for (const { records, highWatermark } of seen.fetches) {
      assert.ok(highWatermark > (records.at(-1)?.offset ?? -1n));
    }
  },

  async "commits what a lease says and nothing else: the next member begins there"(topics, join) {
    await topics.send(valuesOf(40));
    const [first, member] = await join();
    await first.count(40);
    assert.ok([...(await topics.committed()).values()].every((offset) => offset < 0n));
    await first.leaseOf(1)?.commit(6n, "");
    assert.equal((await topics.committed()).get(1), 6n);
    await member.stop();
    const [second] = await join();
    await second.count(34);
    assert.equal(second.offsets(1)[0], 6);
    assert.equal(second.offsets(0)[0], 0);
  },

  async "holds a paused partition back, and no other, until it is resumed"(topics, join) {
    await topics.send(valuesOf(1), undefined, 0);
    const [seen] = await join(({ lease, records: [first] }) => {
      if (lease.partition === 0 && first?.offset === 0n) lease.pause();
    });
    await seen.count(1);
    await topics.send(valuesOf(5), undefined, 0);
    await topics.send(valuesOf(5), undefined, 1);
    await seen.count(6);
    assert.equal(seen.offsets(0).length, 1);
    seen.leaseOf(0)?.resume();
    await seen.count(11);
    assert.deepEqual(seen.offsets(0), [0, 1, 2, 3, 4, 5]);
  },

  async "reads a restarted partition again, under a new lease"(topics, join) {
    await topics.send(valuesOf(6), undefined, 2);
    const [seen] = await join();
    await seen.count(6);
    const before = seen.leaseOf(2);
    before?.restart(4n);
    await seen.count(8);
    assert.deepEqual(seen.offsets(2), [0, 1, 2, 3, 4, 5, 4, 5]);
    assert.equal(before?.ended.aborted, true);
    assert.notEqual(seen.leaseOf(2), before);
    await assert.rejects(async () => await before?.commit(6n, ""));
    await seen.leaseOf(2)?.commit(6n, "");
    assert.equal((await topics.committed()).get(2), 6n);
  },

  async "ends every lease when the group moves on, and shares the partitions"(topics, join) {
    await topics.send(valuesOf(PARTITIONS));
    const [first, one] = await join();
    await first.count(PARTITIONS);
    const early = Array.from({ length: PARTITIONS }, (_, partition) => first.leaseOf(partition));
    const [second, two] = await join();
    await eventually("the end of the leases", () => early.every((lease) => lease?.ended.aborted));
    await assert.rejects(async () => await early[0]?.commit(1n, ""));
    const [before, beforeSecond] = [first.fetches.length, second.fetches.length];
    await topics.send(valuesOf(PARTITIONS));
    await eventually(
      "fetches of both",
      () => first.fetches.length > before && second.fetches.length > beforeSecond,
    );
    assert.equal(one.isMember() && two.isMember(), true);
    await two.stop();
    assert.equal(two.isMember(), false);
  },
};

/** What the ports promise, of kafkajs. */
export const KAFKAJS_TESTS: KafkaTests = {
  ...Object.fromEntries(
    Object.entries(MEMBER_TESTS).map(([name, run]) => [
      `kafkajs ${name}`,
      (cloud: Cloud, topics: TestTopics) => withMembers(cloud, topics, run),
    ]),
  ),

  async "kafkajs appends a dead letter that is read as it was sent, or throws"(cloud, topics) {
    const letters = kafkajsDeadLetters(clientOf(cloud), topics.deadLetterTopic);
    await letters.connect();
    const place = { topic: topics.topic, partition: 3, offset: 17n };
    const value = new Uint8Array(500).fill(7);
    const record = recordOf({ ...place, key: Buffer.from("a key"), value });
    await letters.send({ record, reason: "too_large", message: "Cannot take image" });
    const [letter] = await topics.deadLetters(1);
    assert.equal(letter?.origin, `${topics.topic}/3/17`);
    assert.equal(letter?.timestampMs, record.timestampMs);
    assert.deepEqual([letter?.reason, letter?.message], ["too_large", "Cannot take image"]);
    assert.equal(String(letter?.record.key), "a key");
    assert.equal(letter?.headers.get("subject"), "ada");
    assert.deepEqual(new Uint8Array(letter?.record.value ?? []), record.value);
    await cloud.admin.deleteTopics({ topics: [topics.deadLetterTopic] });
    const late = { record, reason: "too_late", message: "" };
    const isTaken = () => letters.send(late).then(() => true, () => false);
    // The broker hears of a deleted and of a new topic a moment after its controller has answered.
    await eventually("the refusal", async () => !await isTaken());
    await topics.createDeadLetterTopic();
    await eventually("the topic", isTaken);
    assert.equal((await topics.deadLetters(1))[0]?.reason, "too_late");
    await letters.close();
  },
};

/** Runs a test whose members leave the group at its end. */
async function withMembers(
  cloud: Cloud,
  topics: TestTopics,
  run: (topics: TestTopics, join: Join) => Promise<void>,
): Promise<void> {
  const kafka = clientOf(cloud);
  const members: RecordSource[] = [];
  try {
    await run(topics, async (handler) => {
      const seen = new Seen();
      const source = kafkajsRecordSource(kafka, {
        topics: [topics.topic],
        groupId: topics.group,
        maxBytes: 3 * MIB,
        maxBytesPerPartition: MIB,
        sessionTimeoutMs: 2_000,
        metadataMaxAgeMs: 30_000,
        onRebalancing: () => {},
        onOutOfRange: ({ kind }) => assert.fail(kind),
        onRestart: (error) => assert.fail(error),
        onCrash: (error) => assert.fail(error),
      });
      members.push(source);
      await source.run((fetched) => {
        seen.fetches.push(fetched);
        handler?.(fetched);
      });
      return [seen, source];
    });
  } finally {
    await Promise.all(members.map((member) => member.stop()));
  }
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(bytes ?? undefined);
}

/** What a member was handed. */
class Seen {
  readonly fetches: PartitionFetch[] = [];

  async count(records: number): Promise<void> {
    await eventually(
      `${records} records`,
      () => this.fetches.reduce((sum, fetched) => sum + fetched.records.length, 0) >= records,
    );
  }

  at(partition: number, offset: bigint) {
    return this.#recordsOf(partition).find((record) => record.offset === offset);
  }

  offsets(partition: number): number[] {
    return this.#recordsOf(partition).map(({ offset }) => Number(offset));
  }

  leaseOf(partition: number) {
    return this.fetches.findLast(({ lease }) => lease.partition === partition)?.lease;
  }

  #recordsOf(partition: number) {
    return this.fetches.filter(({ lease }) => lease.partition === partition)
      .flatMap(({ records }) => records);
  }
}

/** What the bridge relies on in Kafka's adapters: cases that any implementation of `ports.ts` must pass on a real broker. */
import assert from "node:assert/strict";
import type { DeadLetters, FetchHandler, PartitionFetch, RecordSource } from "../ports.ts";
import { eventually } from "@tintype/core/testing/eventually";
import type { Cloud } from "./cloud.ts";
import { recordOf } from "./fake_ports.ts";
import type { Lane } from "./lane.ts";

/** An implementation, opened over the topics of a lane. */
export interface KafkaAdapters {
  /** A member of the lane's group that has joined and hands its fetches to `handler`. */
  join(handler: FetchHandler): Promise<RecordSource>;
  letters(): Promise<DeadLetters>;
}

/** What a case works with. */
interface ContractWorld {
  readonly cloud: Cloud;
  readonly lane: Lane;
  readonly adapters: KafkaAdapters;
}

/** A promise of the ports. */
interface ContractCase {
  readonly name: string;
  run(world: ContractWorld): Promise<void>;
}

const PARTITIONS = 4;
const valuesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => Buffer.from(`value ${index}`));

/** All promises. */
export const KAFKA_CONTRACT: readonly ContractCase[] = [
  {
    name: "hands over every record from the beginning, in order, as it was produced",
    async run({ lane, adapters }) {
      const values = valuesOf(40);
      const sent = await lane.send(values, { "content-type": "image/png", "subject": "ada" });
      const [seen] = await join(adapters);
      await seen.count(40);
      for (const [index, { partition, offset, timestampMs }] of sent.entries()) {
        const record = seen.at(partition, BigInt(offset));
        assert.deepEqual(Buffer.from(record?.value ?? []), values[index]);
        assert.equal(textOf(record?.key), `k${index}`);
        assert.equal(textOf(record?.headers.get("subject")), "ada");
        assert.equal(record?.timestampMs, timestampMs);
      }
      const offsets = seen.partitionOffsets(0);
      assert.deepEqual(offsets, offsets.toSorted((a, b) => a - b));
      for (const { records, highWatermark } of seen.fetches) {
        assert.ok(highWatermark > (records.at(-1)?.offset ?? -1n));
      }
    },
  },
  {
    name: "commits what a lease says and nothing else: the next member begins there",
    async run({ lane, adapters }) {
      await lane.send(valuesOf(40));
      const [first, member] = await join(adapters);
      await first.count(40);
      assert.ok([...(await lane.committed()).values()].every((offset) => offset < 0n));
      await first.leaseOf(1)?.commit(6n);
      assert.equal((await lane.committed()).get(1), 6n);
      await member.stop();
      const [second] = await join(adapters);
      await second.count(34);
      assert.equal(second.partitionOffsets(1)[0], 6);
      assert.equal(second.partitionOffsets(0)[0], 0);
    },
  },
  {
    name: "holds a paused partition back, and no other, until it is resumed",
    async run({ lane, adapters }) {
      const seen = new Seen();
      await lane.send(valuesOf(1), undefined, 0);
      await adapters.join((fetched) => {
        seen.take(fetched);
        if (fetched.lease.partition === 0 && fetched.records[0]?.offset === 0n) {
          fetched.lease.pause();
        }
      });
      await seen.count(1);
      await lane.send(valuesOf(5), undefined, 0);
      await lane.send(valuesOf(5), undefined, 1);
      await seen.count(6);
      assert.equal(seen.partitionOffsets(0).length, 1);
      seen.leaseOf(0)?.resume();
      await seen.count(11);
      assert.deepEqual(seen.partitionOffsets(0), [0, 1, 2, 3, 4, 5]);
    },
  },
  {
    name: "reads a restarted partition again, under a new lease",
    async run({ lane, adapters }) {
      await lane.send(valuesOf(6), undefined, 2);
      const [seen] = await join(adapters);
      await seen.count(6);
      const before = seen.leaseOf(2);
      before?.restart(4n);
      await seen.count(8);
      assert.deepEqual(seen.partitionOffsets(2), [0, 1, 2, 3, 4, 5, 4, 5]);
      assert.equal(before?.ended.aborted, true);
      assert.notEqual(seen.leaseOf(2), before);
      await assert.rejects(async () => await before?.commit(6n));
      await seen.leaseOf(2)?.commit(6n);
      assert.equal((await lane.committed()).get(2), 6n);
    },
  },
  {
    name: "ends every lease when the group moves on, and shares the partitions",
    async run({ lane, adapters }) {
      await lane.send(valuesOf(PARTITIONS));
      const [first, one] = await join(adapters);
      await first.count(PARTITIONS);
      const early = Array.from({ length: PARTITIONS }, (_, partition) => first.leaseOf(partition));
      const [second, two] = await join(adapters);
      await eventually(
        "the end of the leases",
        async () => early.every((lease) => lease?.ended.aborted),
      );
      await assert.rejects(async () => await early[0]?.commit(1n));
      const [before, beforeSecond] = [first.fetches.length, second.fetches.length];
      await lane.send(valuesOf(PARTITIONS));
      await eventually(
        "fetches of both",
        async () => first.fetches.length > before && second.fetches.length > beforeSecond,
      );
      assert.equal(one.isMember() && two.isMember(), true);
      await two.stop();
      assert.equal(two.isMember(), false);
    },
  },
  {
    name: "appends a dead letter that is read as it was sent, and tells when it cannot",
    async run({ cloud, lane, adapters }) {
      const letters = await adapters.letters();
      const record = recordOf({
        topic: lane.topic,
        partition: 3,
        offset: 17n,
        key: Buffer.from("a key"),
        value: new Uint8Array(500).fill(7),
      });
      await letters.send({ record, reason: "too_large", message: "Cannot take image" });
      const [letter] = await lane.deadLetters(1);
      assert.equal(letter?.origin, `${lane.topic}/3/17`);
      assert.equal(letter?.timestampMs, record.timestampMs);
      assert.deepEqual([letter?.reason, letter?.message], ["too_large", "Cannot take image"]);
      assert.equal(String(letter?.record.key), "a key");
      assert.equal(letter?.headers.get("subject"), "ada");
      assert.deepEqual(new Uint8Array(letter?.record.value ?? []), record.value);
      await cloud.admin.deleteTopics({ topics: [lane.deadLetterTopic] });
      const late = { record, reason: "too_late", message: "" };
      const isTaken = () => letters.send(late).then(() => true, () => false);
      // The broker hears of a deleted and of a new topic a moment after its controller has answered.
      await eventually("the refusal", async () => !await isTaken());
      await lane.createDeadLetterTopic();
      await eventually("the topic", async () => await isTaken());
      assert.equal((await lane.deadLetters(1))[0]?.reason, "too_late");
    },
  },
];

function textOf(bytes: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(bytes ?? undefined);
}

/** A member that has joined, and what it was handed. */
async function join(adapters: KafkaAdapters): Promise<readonly [Seen, RecordSource]> {
  const seen = new Seen();
  return [seen, await adapters.join((fetched) => seen.take(fetched))];
}

/** What a member was handed. */
class Seen {
  readonly fetches: PartitionFetch[] = [];

  take(fetched: PartitionFetch): void {
    this.fetches.push(fetched);
  }

  async count(records: number): Promise<void> {
    await eventually(
      `${records} records`,
      async () => this.fetches.reduce((sum, fetched) => sum + fetched.records.length, 0) >= records,
    );
  }

  at(partition: number, offset: bigint) {
    return this.#of(partition).flatMap(({ records }) => records)
      .find((record) => record.offset === offset);
  }

  partitionOffsets(partition: number): number[] {
    return this.#of(partition).flatMap(({ records }) => records)
      .map(({ offset }) => Number(offset));
  }

  leaseOf(partition: number) {
    return this.#of(partition).at(-1)?.lease;
  }

  #of(partition: number): PartitionFetch[] {
    return this.fetches.filter(({ lease }) => lease.partition === partition);
  }
}

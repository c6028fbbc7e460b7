/** Daily quotas over several members of a group, which are killed and take over, on a group's offsets in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isAppError } from "@tintype/core/errors";
import { parseImageId } from "@tintype/core/model/image_id";
import { parseTenant } from "@tintype/core/model/tenant";
import { NOW_MS } from "../testing/fake_ports.ts";
import { DayQuotas } from "./day_quotas.ts";
import { parseCounts, PartitionCounts } from "./partition_counts.ts";

const KEY = "2026-01-15/stream";
const YESTERDAY = "2026-01-14/stream=3.30.3.30.3.30";
const CLAIM = {
  tenant: parseTenant("stream"),
  imageId: parseImageId("019bc1a4-1c00-7000-8000-000000000000"),
};

/** A group's committed offsets and metadata, of partitions by number; each call takes a moment of its own. */
class Group {
  readonly held = new Map<number, { offset: number; metadata: string }>();
  readonly random: () => number;

  constructor(seed = 1) {
    let state = seed;
    this.random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  }

  async pass(): Promise<void> {
    for (let turns = this.random() * 5; turns > 0; turns--) await Promise.resolve();
    if (this.random() < 0.2) await sleep(0);
  }

  async read() {
    await this.pass();
    const all = new Map([...this.held].map(([at, { metadata }]) => [`images/${at}`, metadata]));
    await this.pass();
    return all;
  }
}

/** A member that takes a partition's records one by one, and may be killed at any step. */
class Member {
  readonly quotas: DayQuotas;
  readonly #group: Group;
  readonly stopping = new AbortController();

  constructor(group: Group, waitMs = 4) {
    this.#group = group;
    this.quotas = new DayQuotas({ committed: group, clock: { now: () => NOW_MS }, waitMs });
  }

  /** Takes records from the committed offset on; `onTaken` and `onRefused` get each one's offset. */
  async consume(at: number, { records, limit, onTaken, onRefused }: Consumption): Promise<void> {
    const group = this.#group;
    const start = group.held.get(at)?.offset ?? 0;
    const counts = await this.quotas.open(`images/${at}`, BigInt(start));
    let next = start;
    const commitOnce = async () => {
      await group.pass();
      if (this.stopping.signal.aborted) throw new Error("killed");
      const { metadata, onTaken } = counts.beginCommit(BigInt(next));
      group.held.set(at, { offset: next, metadata });
      await group.pass();
      onTaken();
    };
    let committing: Promise<unknown> = Promise.resolve();
    const commit = async () => {
      const run = committing.then(commitOnce);
      committing = run.catch(() => undefined);
      await run;
    };
    const ticker = setInterval(() => counts.needsCommit && void commit().catch(() => {}), 1);
    ticker.unref();
    for (let offset = start; offset < records; offset++) {
      const claim = { ...CLAIM, bytes: 10, imagesPerDay: limit, bytesPerDay: 1_000_000 };
      const raise = { place: `images/${at}`, counts, offset: BigInt(offset), key: KEY, claim };
      try {
        const isIn = counts.take(raise.offset, KEY, 10);
        if (!isIn) await this.quotas.take({ ...raise, commit, stopping: this.stopping.signal });
        if (this.stopping.signal.aborted) return;
        onTaken(`${at}/${offset}`);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        assert.ok(isAppError(error, "quota_exceeded"), String(error));
        onRefused(`${at}/${offset}`);
      }
      next = offset + 1;
      if (group.random() < 0.2) await commit().catch(() => undefined);
    }
    await commit().catch(() => undefined);
    clearInterval(ticker);
  }
}

interface Consumption {
  readonly records: number;
  readonly limit: number;
  readonly onTaken: (record: string) => void;
  readonly onRefused: (record: string) => void;
}

for (const limit of [2, 7, 100]) {
  test(`DayQuotas take ${limit} a day and no more over members that die and take over`, async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const group = new Group(seed);
      const stored = new Set<string>();
      const refused = new Set<string>();
      const consumption = {
        records: 40,
        limit,
        onTaken: (record: string) => stored.add(record),
        onRefused: (record: string) => refused.add(record),
      };
      for (const isLast of [false, false, true]) {
        const members = [new Member(group), new Member(group)];
        const consuming = [0, 1, 2, 3].map((at) => members[at % 2]?.consume(at, consumption));
        if (!isLast) {
          await sleep(group.random() * 4);
          for (const { stopping } of members) stopping.abort();
        }
        await Promise.all(consuming);
        assert.ok(stored.size <= limit, `seed ${seed}: ${stored.size} of ${limit}`);
      }
      const wanted = `seed ${seed}: ${stored.size} of ${limit} with ${refused.size} refused`;
      assert.equal(stored.size, Math.min(limit, 160), wanted);
      assert.ok(new Set([...stored, ...refused]).size === 160, wanted);
    }
  });
}

test("DayQuotas count bytes, and what a plan allows now", async () => {
  const group = new Group();
  const { quotas, stopping: { signal: stopping } } = new Member(group);
  const counts = await quotas.open("images/0", 0n);
  const commit = async () => counts.beginCommit(0n).onTaken();
  const take = (offset: bigint, bytes: number, bytesPerDay: number) => {
    const claim = { ...CLAIM, bytes, imagesPerDay: 100, bytesPerDay };
    return quotas.take({ place: "images/0", counts, offset, key: KEY, claim, commit, stopping });
  };
  await take(0n, 60, 100);
  await assert.rejects(take(1n, 41, 100), (error: unknown) => {
    assert.ok(isAppError(error, "quota_exceeded"));
    assert.equal(error.retryAfterMs, 12 * 3_600_000);
    assert.deepEqual(error.limits.map(({ remaining }) => remaining), [99, 40]);
    return true;
  });
  await take(1n, 40, 100);
  counts.settle(0n, KEY, 10);
  await take(2n, 50, 100);
  await take(3n, 1, 101);
  await assert.rejects(take(4n, 1, 101), { code: "quota_exceeded" });
  assert.match(counts.beginCommit(9n).metadata, /^q1 2026-01-15\/stream=4\.101\./);
  counts.settle(3n, KEY);
  assert.match(counts.beginCommit(9n).metadata, /^q1 2026-01-15\/stream=3\.100\./);
});

test("DayQuotas keep what is durable and not committed when a partition is read again by the same member", async () => {
  const group = new Group();
  const { quotas } = new Member(group);
  const counts = await quotas.open("images/0", 0n);
  counts.ask(KEY, { images: 9, bytes: 900 });
  counts.grant(KEY);
  const { metadata, onTaken } = counts.beginCommit(0n);
  onTaken();
  group.held.set(0, { offset: 0, metadata });
  for (const offset of [0n, 1n, 2n]) assert.ok(counts.take(offset, KEY, 10));
  const again = await quotas.open("images/0", 2n);
  assert.equal(again.countOf(KEY).used.images, 2);
  const another = await new Member(group).quotas.open("images/0", 0n);
  assert.deepEqual(another.countOf(KEY), {
    used: { images: 0, bytes: 0 },
    limit: { images: 9, bytes: 900 },
    asked: { images: 9, bytes: 900 },
  });
});

test("PartitionCounts write what is behind the offset, give back what is not needed, and cut what is too much", () => {
  const counts = new PartitionCounts(
    `q1 ${YESTERDAY} 2026-01-01/old=1.1.1.1.1.1`,
    "2026-01-10",
  );
  assert.equal(counts.needsCommit, false);
  counts.ask(KEY, { images: 5, bytes: 500 });
  assert.equal(counts.take(4n, "2026-01-15/without-images", 10), false);
  assert.equal(counts.take(4n, KEY, 10), false);
  counts.grant(KEY);
  assert.equal(counts.take(4n, KEY, 10), false, "not before it is committed");
  counts.beginCommit(0n).onTaken();
  assert.ok(counts.take(4n, KEY, 10) && counts.take(7n, KEY, 20));
  const still = counts.beginCommit(4n).metadata;
  assert.equal(still, `q1 ${KEY}=0.0.5.500.5.500 ${YESTERDAY}`, "the next one is not behind");
  const first = counts.beginCommit(6n);
  assert.equal(first.metadata, `q1 ${KEY}=1.10.5.500.5.500 ${YESTERDAY}`);
  first.onTaken();
  assert.equal(counts.needsCommit, false);
  assert.equal(counts.beginCommit(8n).metadata, `q1 ${KEY}=2.30.2.30.2.30 ${YESTERDAY}`);
  for (let tenant = 0; tenant < 500; tenant++) {
    counts.ask(`2026-01-13/tenant-${tenant}`, { images: 1, bytes: 1 });
  }
  const { metadata } = counts.beginCommit(8n);
  assert.ok(metadata.length <= 4_096 && metadata.startsWith(`q1 ${KEY}=`));
  const abandoned = new PartitionCounts(`q1 ${KEY}=1.10.1.10.2.20`, "2026-01-10");
  assert.equal(abandoned.needsCommit, true, "what it asked for is withdrawn");
  assert.equal(abandoned.beginCommit(0n).metadata, `q1 ${KEY}=1.10.1.10.1.10`);
  assert.deepEqual([
    ...parseCounts("another tool's"),
    ...parseCounts("q1 nonsense"),
    ...parseCounts(`q2 ${YESTERDAY}`),
  ], []);
});

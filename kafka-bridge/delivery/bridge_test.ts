import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import {
  fetchOf,
  leaseOf,
  NOW_MS,
  recordOf,
  redrivenHeaders,
  until,
} from "../testing/fake_ports.ts";
import {
  creatorOf,
  creatorWithMark,
  down,
  MARKED,
  openBridge,
  recordsOf,
} from "../testing/open_bridge.ts";
import { ByteBudget } from "./byte_budget.ts";

test("Bridge does not commit behind a record that hangs, nor stop for the others", async (t) => {
  const hanging = Promise.withResolvers<void>();
  const { store, creator } = creatorWithMark(() => hanging.promise);
  const { bridge } = openBridge(t, { creator });
  const [lease, other] = [leaseOf(), leaseOf({ partition: 1 })];
  bridge.take(fetchOf(lease, recordsOf(30).with(3, recordOf({ offset: 3n, headers: MARKED }))));
  bridge.take(fetchOf(other, recordsOf(30, 1)));
  await until(() => store.names().length === 59 && other.commits.at(-1) === 30n);
  await until(() => lease.commits.at(-1) === 3n);
  await sleep(40);
  assert.equal(lease.commits.at(-1), 3n);
  hanging.resolve();
  await until(() => lease.commits.at(-1) === 30n);
});

test("Bridge pauses a partition that is stuck and goes on with the others", async (t) => {
  const { store, creator } = creatorWithMark(() => Promise.reject(down()));
  const [stuck, lively] = [leaseOf(), leaseOf({ partition: 1 })];
  const { bridge } = openBridge(t, { creator, budget: new ByteBudget(8_000) });
  const marked = recordsOf(8).map(({ offset }) => recordOf({ offset, headers: MARKED }));
  bridge.take(fetchOf(stuck, marked));
  assert.equal(stuck.isPaused, true);
  for (let offset = 0; offset < 40; offset += 2) {
    await until(() => !lively.isPaused);
    bridge.take(fetchOf(lively, recordsOf(2, 1, offset)));
  }
  await until(() => lively.commits.at(-1) === 40n);
  assert.equal(store.names().length, 40);
  assert.equal(stuck.isPaused, true);
  assert.deepEqual(stuck.commits, []);
});

test("Bridge resumes a partition when what it holds is below the low-water mark", async (t) => {
  const gate = Promise.withResolvers<void>();
  const { creator } = creatorOf(() => gate.promise);
  const { bridge, lease } = openBridge(t, { creator, budget: new ByteBudget(4_000) });
  bridge.take(fetchOf(lease, recordsOf(6)));
  assert.equal(lease.isPaused, true);
  gate.resolve();
  await until(() => !lease.isPaused);
});

test("Bridge begins nothing of a lease that has ended, and commits nothing of it", async (t) => {
  const { store, creator } = creatorOf(() => sleep(10));
  const { bridge, ports, lease } = openBridge(t, { creator });
  bridge.take(fetchOf(lease, recordsOf(500)));
  await until(() => store.names().length >= 16);
  const commits = lease.commits.length;
  lease.end();
  await sleep(60);
  assert.ok(store.names().length < 250, `${store.names().length} of 500`);
  assert.equal(lease.commits.length, commits);
  assert.equal(ports.budget.taken, 0);
  const next = leaseOf();
  bridge.take(fetchOf(next, recordsOf(500)));
  await until(() => next.commits.at(-1) === 500n);
  assert.equal(store.names().length, 500);
});

test("Bridge reports how far each partition is behind", async (t) => {
  const gate = Promise.withResolvers<void>();
  const { creator } = creatorOf(() => gate.promise);
  const { bridge, lease } = openBridge(t, { creator });
  bridge.take({ ...fetchOf(lease, recordsOf(3)), highWatermark: 10n });
  assert.deepEqual(bridge.lags(), [{ topic: "images", partition: 0, lag: 10n }]);
  bridge.reachesTo("images", 0, 12n);
  bridge.reachesTo("images", 1, 50n);
  assert.deepEqual(bridge.lags(), [{ topic: "images", partition: 0, lag: 12n }]);
  gate.resolve();
  await until(() => bridge.lags()[0]?.lag === 9n);
});

test("Bridge keeps a redriven record's first identity and time", async (t) => {
  const { bridge, store, letters, lease } = openBridge(t);
  const first = recordOf({ offset: 5n });
  const headers = redrivenHeaders(first.timestampMs);
  const redriven = { topic: "images.redrive", timestampMs: first.timestampMs + 60_000 };
  bridge.take(fetchOf(lease, [first]));
  bridge.take(fetchOf(leaseOf({ topic: "images.redrive" }), [
    recordOf({ ...redriven, headers }),
    recordOf({ ...redriven, offset: 1n, headers: redrivenHeaders("soon") }),
    recordOf({ ...redriven, offset: 2n, headers: redrivenHeaders(first.timestampMs, "open") }),
  ]));
  await until(() => letters.length === 2);
  await until(() => lease.commits.length === 1);
  assert.equal(store.names().length, 1, "the same image");
  assert.deepEqual(letters.map(({ reason }) => reason), ["invalid_record", "invalid_record"]);
});

test("Bridge writes no value into a dead letter that would keep it beyond its purge", async (t) => {
  const { bridge, letters } = openBridge(t);
  const dayMs = 86_400_000;
  const refusedOf = (offset: bigint, days: number) =>
    recordOf({ offset, value: NOT_AN_IMAGE, timestampMs: NOW_MS - days * dayMs });
  bridge.take(fetchOf(leaseOf(), [refusedOf(0n, 4.4), refusedOf(1n, 4.6)]));
  await until(() => letters.length === 2);
  const kept = letters.map(({ record, isValueOmitted = false }) =>
    [record.offset, record.value?.byteLength, isValueOmitted] as const
  ).sort(([a], [b]) => Number(a - b));
  assert.deepEqual(kept, [[0n, NOT_AN_IMAGE.byteLength, false], [1n, undefined, true]]);
});

test("Bridge takes no identity from the headers of any other topic", async (t) => {
  const { bridge, store } = openBridge(t);
  const strange = recordOf({ offset: 1n, headers: redrivenHeaders(1) });
  bridge.take(fetchOf(leaseOf(), [recordOf(), strange]));
  await until(() => store.names().length === 2);
});

test("Bridge holds little more than its budget, over several partitions", async (t) => {
  const { store, creator } = creatorOf(() => sleep(1));
  const budget = new ByteBudget(20_000);
  const { bridge } = openBridge(t, { creator, budget });
  const leases = [0, 1, 2, 3].map((partition) => leaseOf({ partition }));
  let most = 0;
  await Promise.all(leases.map(async (lease, partition) => {
    for (let offset = 0; offset < 40; offset += 4) {
      await until(() => !lease.isPaused);
      bridge.take(fetchOf(lease, recordsOf(4, partition, offset)));
      most = Math.max(most, budget.taken);
    }
  }));
  await until(() => leases.every(({ commits }) => commits.at(-1) === 40n));
  assert.equal(store.names().length, 160);
  const fetchBytes = 4 * (PNG_PIXEL.byteLength + 512);
  assert.ok(most <= 20_000 + 2 * fetchBytes, `${most} bytes`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import {
  fetchOf,
  IMAGE_HEADERS,
  leaseOf,
  NOW_MS,
  recordOf,
  TENANTS,
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
import { Circuit } from "./circuit.ts";
import { DayQuotas } from "./day_quotas.ts";
import { PartitionCounts } from "./partition_counts.ts";

test("Bridge does not commit behind a record that hangs, nor stop for the others", async (t) => {
  const hanging = Promise.withResolvers<void>();
  const { store, creator } = creatorWithMark(() => hanging.promise);
  const { bridge } = openBridge(t, { creator });
  const [lease, other] = [leaseOf(), leaseOf({ partition: 1 })];
  bridge.take(fetchOf(lease, recordsOf(30).with(3, recordOf({ offset: 3n, headers: MARKED }))));
  bridge.take(fetchOf(other, recordsOf(30, 1)));
  await until(() => store.names().length === 59 && other.commits.at(-1) === 30n);
  await until(() => lease.commits.at(-1) === 3n);
  hanging.resolve();
  await until(() => lease.commits.at(-1) === 30n);
});

test("Bridge begins nothing of a lease that has ended, and commits nothing of it", async (t) => {
  const { store, creator } = creatorOf(() => sleep(10));
  const { bridge, ports, lease } = openBridge(t, { creator });
  bridge.take(fetchOf(lease, recordsOf(500)));
  await until(() => store.names().length >= 16);
  const commits = lease.commits.length;
  lease.end();
  await until(() => ports.budget.taken === 0);
  assert.ok(store.names().length < 250, `${store.names().length} of 500`);
  assert.equal(lease.commits.length, commits);
  const next = leaseOf();
  bridge.take(fetchOf(next, recordsOf(500)));
  await until(() => next.commits.at(-1) === 500n);
  assert.equal(store.names().length, 500);
});

test("Bridge reports how far each partition is behind", async (t) => {
  const gate = Promise.withResolvers<void>();
  const { creator } = creatorOf(() => gate.promise);
  const { bridge, lease, ports } = openBridge(t, { creator });
  bridge.take({ ...fetchOf(lease, recordsOf(3)), highWatermark: 10n });
  assert.deepEqual(bridge.lags(), [{ topic: "images", partition: 0, lag: 10n }]);
  bridge.reachesTo("images", 0, 12n);
  bridge.reachesTo("images", 1, 50n);
  assert.deepEqual(bridge.lags(), [{ topic: "images", partition: 0, lag: 12n }]);
  const { progress } = bridge;
  assert.equal(bridge.hasWork, true);
  gate.resolve();
  await until(() => bridge.lags()[0]?.lag === 9n);
  assert.notEqual(bridge.progress, progress);
  bridge.take(fetchOf(lease, recordsOf(9, 0, 3)));
  await until(() => !bridge.hasWork);
  assert.equal(bridge.lags()[0]?.lag, 0n);
  const { values: [bytes] } = await ports.metrics.bytes.get();
  assert.equal(bytes?.value, 12 * PNG_PIXEL.length);
  lease.end();
  assert.deepEqual(bridge.lags(), []);
});

test("Bridge counts each record in its own tenant's day, in the order of their offsets", async (t) => {
  const asked: string[] = [];
  const { bridge, lease } = openBridge(t, {
    quotas: {
      open: async () => new PartitionCounts("", ""),
      take: async ({ place, key, offset }) => void asked.push(`${place}/${offset} ${key}`),
    },
  });
  const headers = { ...IMAGE_HEADERS, tenant: "other" };
  const open = leaseOf({ topic: "open", partition: 2 });
  bridge.take(fetchOf(lease, recordsOf(2)));
  bridge.take(fetchOf(open, [recordOf({ topic: "open", partition: 2, headers })]));
  await until(() => lease.commits.at(-1) === 2n && open.commits.length > 0);
  const day = "2026-01-15";
  assert.deepEqual(asked.toSorted(), [
    `images/0/0 ${day}/stream`,
    `images/0/1 ${day}/stream`,
    `open/2/0 ${day}/other`,
  ]);
});

test("Bridge takes as many images of a day as a plan has, and commits the counts beside the offsets", async (t) => {
  const held = new Map<string, string>();
  const committed = { read: async () => held };
  const quotas = new DayQuotas({ committed, clock: { now: () => NOW_MS }, waitMs: 1 });
  const planOf = async () => ({ ...DEFAULT_PLAN, imagesPerDay: 2 });
  const tenants = { ...TENANTS, planOf };
  const { bridge, store, letters } = openBridge(t, { quotas, tenants });
  const commits: bigint[] = [];
  let refusals = 1;
  const lease = leaseOf({
    commit: async (next, metadata) => {
      if (refusals-- > 0) throw new Error("not taken");
      held.set("images/0", metadata);
      commits.push(next);
    },
  });
  bridge.take(fetchOf(lease, recordsOf(4)));
  const used = `2.${2 * PNG_PIXEL.length}`;
  const counts = `q1 2026-01-15/stream=${used}.${used}.${used}`;
  await until(() => commits.at(-1) === 4n && held.get("images/0") === counts);
  assert.equal(store.names().length, 2);
  assert.deepEqual(letters.map(({ record, reason }) => [record.offset, reason]), [
    [2n, "quota_exceeded"],
    [3n, "quota_exceeded"],
  ]);
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

test("Bridge skips nothing while the dead-letter topic is down, and goes on when it is back", async (t) => {
  let isDown = true;
  const { bridge, ports, store, lines, lease } = openBridge(t, {
    deadLetters: {
      send: async () => {
        if (isDown) throw new Error("down");
      },
    },
  });
  bridge.take(fetchOf(lease, [recordOf({ value: NOT_AN_IMAGE }), recordOf({ offset: 1n })]));
  await until(() => ports.readiness.current.includes("dead_letters"));
  await until(() => store.names().length === 1);
  assert.deepEqual(lease.commits, []);
  isDown = false;
  await until(() => lease.commits.at(-1) === 2n);
  assert.deepEqual(ports.readiness.current, []);
  const changes = lines.filter(({ event }) => event.startsWith("blocker"));
  assert.deepEqual(changes.map(({ event }) => event), ["blocker", "blocker_gone"]);
});

test("Bridge tries storage until it takes the record, with readiness red meanwhile", async (t) => {
  const { store, creator } = creatorOf(async (call) => {
    if (call < 6) throw down();
  });
  const { bridge, ports, letters } = openBridge(t, { creator });
  bridge.take(fetchOf(leaseOf(), [recordOf()]));
  await until(() => ports.readiness.current.includes("storage"));
  await until(() => store.names().length === 1);
  await until(() => ports.readiness.current.length === 0);
  assert.deepEqual(letters, []);
});

test("Bridge takes an error that it does not know for its own, not for the record's", async (t) => {
  const { store, creator } = creatorOf(async (call) => {
    if (call === 0) throw new RangeError("a mistake");
  });
  const { bridge, letters } = openBridge(t, { creator });
  bridge.take(fetchOf(leaseOf(), [recordOf()]));
  await until(() => store.names().length === 1);
  assert.deepEqual(letters, []);
});

test("Bridge spares a store that is down: it pauses, probes, and goes on for all when one is taken", async (t) => {
  const [records, minProbeMs] = [12, 40];
  let isDown = true;
  const calledAtMs: number[] = [];
  const { store, creator } = creatorOf(async () => {
    calledAtMs.push(performance.now());
    if (isDown) throw down();
  });
  const changes: boolean[] = [];
  let openedAtMs = 0;
  const circuit = new Circuit({
    failuresToOpen: 3,
    minProbeMs,
    maxProbeMs: 80,
    onChange: (isOpen) => {
      if (isOpen) openedAtMs = performance.now();
      changes.push(isOpen);
      bridge.pauseOrResume();
    },
  });
  const { bridge, lease } = openBridge(t, { creator, circuit });
  bridge.take(fetchOf(lease, recordsOf(records)));
  await until(() => circuit.isOpen);
  assert.equal(lease.isPaused, true);
  // Each record may have had an attempt under way when the circuit opened; all that follow are probes, one in a time. They
  // are counted, and not the times between two: a busy machine makes one call late and the next one not.
  await until(() => performance.now() - openedAtMs > 25 * minProbeMs);
  const since = calledAtMs.filter((atMs) => atMs > openedAtMs).length;
  const most = records + (performance.now() - openedAtMs) / minProbeMs + 1;
  assert.ok(since > 1 && since <= most, `${since} attempts, at most ${most} may be`);
  isDown = false;
  await until(() => lease.commits.at(-1) === BigInt(records));
  assert.equal(store.names().length, records);
  assert.deepEqual(changes, [true, false]);
  assert.equal(lease.isPaused, false);
});

test("Bridge keeps the circuit closed for one record that is refused for ever", async (t) => {
  let calls = 0;
  const { creator } = creatorOf((call) => (calls = call, Promise.reject(down())));
  const circuit = new Circuit({
    failuresToOpen: 2,
    minProbeMs: 5,
    maxProbeMs: 5,
    onChange: () => assert.fail("it must not open"),
  });
  const { bridge } = openBridge(t, { creator, circuit });
  bridge.take(fetchOf(leaseOf(), [recordOf()]));
  await until(() => calls > 4);
  assert.equal(circuit.isOpen, false);
});

test("Bridge.drain() ends with what is durable committed and nothing begun", async (t) => {
  const { store, creator } = creatorOf(() => sleep(20));
  const { bridge, lease } = openBridge(t, { creator });
  bridge.take(fetchOf(lease, recordsOf(200)));
  await until(() => store.names().length >= 16);
  await bridge.drain();
  const count = store.names().length;
  assert.ok(count < 100, `${count} of 200`);
  assert.equal(lease.commits.at(-1), BigInt(count));
});

test("Bridge.drain() gives up what cannot become durable", async (t) => {
  const { bridge, ports, lease } = openBridge(t, {
    creator: { create: () => Promise.reject(down()) },
  });
  bridge.take(fetchOf(lease, recordsOf(3)));
  await until(() => ports.readiness.current.length > 0);
  await bridge.drain();
  assert.deepEqual(lease.commits, []);
  assert.deepEqual(ports.readiness.current, [], "what is given up is no trouble any more");
});

test("Bridge.drain() leaves an upload that hangs behind when its grace is over", async (t) => {
  const { store, creator } = creatorWithMark(() => new Promise(() => {}));
  const { bridge, lease } = openBridge(t, { creator });
  bridge.take(fetchOf(lease, recordsOf(5).with(1, recordOf({ offset: 1n, headers: MARKED }))));
  await until(() => store.names().length === 4);
  await bridge.drain();
  assert.equal(lease.commits.at(-1), 1n);
});

test("Bridge tries a commit again that was not taken, with readiness red meanwhile", async (t) => {
  const { bridge, ports } = openBridge(t);
  let isRefused = true;
  const commits: bigint[] = [];
  const lease = leaseOf({
    commit: async (next) => {
      if (isRefused) throw new Error("not taken");
      commits.push(next);
    },
  });
  bridge.take(fetchOf(lease, recordsOf(2)));
  await until(() => ports.readiness.current.includes("commits"));
  isRefused = false;
  await until(() => commits.at(-1) === 2n);
  assert.deepEqual(ports.readiness.current, []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NOT_AN_IMAGE } from "@tintype/core/testing/sample_images";
import { fetchOf, leaseOf, recordOf, until } from "../testing/fake_ports.ts";
import {
  creatorOf,
  creatorWithMark,
  down,
  MARKED,
  openBridge,
  recordsOf,
} from "../testing/open_bridge.ts";
import { Circuit } from "./circuit.ts";

test("Bridge waits for the dead letter's acknowledgement before it commits", async (t) => {
  const acknowledged = Promise.withResolvers<void>();
  const { bridge, lines, lease } = openBridge(t, {
    deadLetters: { send: () => acknowledged.promise },
  });
  bridge.take(fetchOf(lease, [recordOf({ value: NOT_AN_IMAGE })]));
  await sleep(40);
  assert.deepEqual(lease.commits, []);
  acknowledged.resolve();
  await until(() => lease.commits.length > 0);
  assert.deepEqual(lease.commits, [1n]);
  const refused = lines.find(({ event }) => event === "record_refused");
  assert.deepEqual(refused?.fields, {
    topic: "images",
    partition: 0,
    offset: "0",
    reason: "not_an_image",
  });
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
  await sleep(40);
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
  const { creator } = creatorOf(() => Promise.reject(down()));
  const circuit = new Circuit({
    failuresToOpen: 2,
    minProbeMs: 5,
    maxProbeMs: 5,
    onChange: () => assert.fail("it must not open"),
  });
  const { bridge } = openBridge(t, { creator, circuit });
  bridge.take(fetchOf(leaseOf(), [recordOf()]));
  await sleep(100);
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

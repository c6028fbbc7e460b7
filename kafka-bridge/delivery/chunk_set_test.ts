import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isAppError } from "@tintype/core/errors";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import type { SourceRecord } from "../ports.ts";
import {
  chunkHeaders,
  FAST_TIMINGS,
  fetchOf,
  leaseOf,
  recordOf,
  TENANTS,
  until,
} from "../testing/fake_ports.ts";
import { down, openBridge } from "../testing/open_bridge.ts";
import { ByteBudget } from "./byte_budget.ts";
import { chunkOf } from "./chunk_headers.ts";

const PARTS = [PNG_PIXEL, Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)] as const;
const IMPATIENT = { ...FAST_TIMINGS, chunkSilenceMs: 60 };
const WHOLE = Buffer.concat(PARTS);

/** Chunks of sets of three, one after another from an offset on: `a0` is the first chunk of the set `a`. */
function chunks(names: string, from = 0): SourceRecord[] {
  return names.split(" ").map((name, at) => {
    const [id = "", index = NaN] = [name.slice(0, 1), Number(name.slice(1))];
    const value = new Uint8Array(PARTS[index] ?? []);
    const headers = chunkHeaders(id, index, PARTS.length);
    return recordOf({ offset: BigInt(from + at), headers, value });
  });
}

async function onlyObject(store: MemoryObjectStore): Promise<Uint8Array | null> {
  const names = store.names();
  assert.equal(names.length, 1);
  return await store.read(names[0] as Parameters<MemoryObjectStore["read"]>[0]); // as it was written
}

test("a chunk set becomes one object, with other records between, and is committed as a whole", async (t) => {
  const { bridge, lease, store, ports } = openBridge(t);
  bridge.take(fetchOf(lease, chunks("a0 a1")));
  await until(() => ports.budget.taken === 0);
  assert.deepEqual(lease.commits, []);
  assert.deepEqual(store.names(), []);
  bridge.take(fetchOf(lease, chunks("a2", 2)));
  await until(() => lease.commits.at(-1) === 3n);
  assert.deepEqual(Buffer.from(await onlyObject(store) ?? []), WHOLE);
  assert.equal(ports.budget.taken, 0);
  assert.equal((await ports.metrics.bytes.get()).values[0]?.value, WHOLE.byteLength);
});

test("a chunk set that is delivered again finds its object, whatever was between", async (t) => {
  const { bridge, lease, store, letters } = openBridge(t);
  const records = chunks("a0 b0 a1 a2");
  bridge.take(fetchOf(lease, records));
  await until(() => store.names().length === 1);
  assert.deepEqual(lease.commits, [], "the other set is open");
  lease.end();
  const next = leaseOf();
  bridge.take(fetchOf(next, [...records, ...chunks("b1 b2", 4)]));
  await until(() => next.commits.at(-1) === 6n);
  assert.equal(store.names().length, 2);
  assert.deepEqual(letters, []);
});

test("a chunk that comes twice counts once", async (t) => {
  const { bridge, lease, store, ports } = openBridge(t);
  bridge.take(fetchOf(lease, chunks("a0 a0 a1 a1 a2")));
  await until(() => lease.commits.at(-1) === 5n);
  assert.equal(ports.budget.taken, 0);
  assert.deepEqual(Buffer.from(await onlyObject(store) ?? []), WHOLE);
});

test("a chunk set that stays incomplete becomes dead letters when it has been silent", async (t) => {
  const { bridge, lease, store, letters } = openBridge(t, { timings: IMPATIENT });
  bridge.take(fetchOf(lease, chunks("a0 a1")));
  await until(() => lease.commits.at(-1) === 2n);
  assert.deepEqual(store.names(), []);
  assert.deepEqual(
    letters.map(({ record, reason, isValueOmitted }) => [record.offset, reason, isValueOmitted]),
    [[0n, "incomplete_chunks", true], [1n, "incomplete_chunks", true]],
  );
});

test("a chunk set is not silent while more of its partition is to be read", async (t) => {
  const { bridge, lease, letters } = openBridge(t, { timings: IMPATIENT });
  const [chunk] = chunks("a0");
  bridge.take({ ...fetchOf(lease, chunks("a0")), highWatermark: 9n });
  bridge.take(fetchOf(leaseOf({ partition: 1 }), [{ ...chunk ?? recordOf(), partition: 1 }]));
  await until(() => letters.length > 0);
  assert.deepEqual(letters.map(({ record }) => record.partition), [1]);
});

test("a chunk set with a gap, and a chunk without its beginning, become dead letters", async (t) => {
  const { bridge, lease, letters } = openBridge(t);
  bridge.take(fetchOf(lease, chunks("a0 a2 b1")));
  await until(() => lease.commits.at(-1) === 3n);
  assert.deepEqual([...new Set(letters.map(({ reason }) => reason))], ["incomplete_chunks"]);
  assert.deepEqual(letters.map(({ record }) => record.offset).sort(), [0n, 1n, 2n]);
});

test("a chunk set that is refused is refused with every record, and nothing is stored", async (t) => {
  const { bridge, lease, letters, store, ports } = openBridge(t);
  const first = recordOf({ headers: chunkHeaders("a", 0, PARTS.length), value: NOT_AN_IMAGE });
  bridge.take(fetchOf(lease, [first, ...chunks("a1 a2", 1)]));
  await until(() => lease.commits.at(-1) === 3n);
  assert.deepEqual(letters.map(({ reason }) => reason), Array(3).fill("not_an_image"));
  assert.deepEqual(store.names(), []);
  assert.equal(ports.budget.taken, 0);
});

/** Chunks as they come: all before the plan is known, or the last one later. */
const ARRIVALS: readonly (readonly [string, number])[] = [["at once", 3], ["one by one", 1]];

for (const [how, atOnce] of ARRIVALS) {
  test(`a chunk set that comes ${how} is refused where it is larger than its plan takes`, async (t) => {
    const planOf = async () => ({ ...DEFAULT_PLAN, maxBytes: WHOLE.byteLength - 1 });
    const tenants = { ...TENANTS, planOf };
    const { bridge, lease, letters, store, ports } = openBridge(t, { tenants });
    const records = chunks("a0 a1 a2");
    for (let at = 0; at < records.length; at += atOnce) {
      bridge.take(fetchOf(lease, records.slice(at, at + atOnce)));
      await until(() => ports.budget.taken === 0);
    }
    await until(() => lease.commits.at(-1) === 3n);
    assert.deepEqual(letters.map(({ reason }) => reason), Array(3).fill("too_large"));
    assert.deepEqual(store.names(), []);
    assert.equal(ports.budget.taken, 0);
  });
}

test("a chunk set is read again from its first record when storage fails in its middle", async (t) => {
  const creator = { create: () => Promise.reject(down()) };
  const { bridge, lease } = openBridge(t, { creator });
  bridge.take(fetchOf(lease, chunks("a0", 7)));
  await until(() => lease.restarts.length > 0);
  assert.deepEqual(lease.restarts, [7n]);
  assert.deepEqual(lease.commits, []);
});

test("the upload of an open chunk set ends with its lease, and holds up no drain", async (t) => {
  const ends: string[] = [];
  const creator: ObjectCreator = {
    async create(_name, body) {
      assert.ok(body instanceof ReadableStream);
      try {
        for await (const bytes of body) assert.ok(bytes.byteLength > 0);
      } catch (error) {
        ends.push(isAppError(error) ? error.code : String(error));
        throw error;
      }
      return { created: true, generation: "1" };
    },
  };
  const timings = { ...FAST_TIMINGS, graceMs: 3_600_000 };
  const { bridge, lease, letters, ports } = openBridge(t, { creator, timings });
  bridge.take(fetchOf(lease, chunks("a0 a1")));
  await until(() => ports.budget.taken === 0);
  lease.end();
  await until(() => ends.length === 1);
  const next = leaseOf();
  bridge.take(fetchOf(next, chunks("a0 a1")));
  await until(() => ports.budget.taken === 0);
  let isDrained = false;
  void bridge.drain().then(() => isDrained = true);
  await until(() => isDrained);
  assert.equal(ends.length, 2);
  assert.deepEqual([letters, lease.commits, next.commits], [[], [], []]);
});

test("a chunk set larger than the budget goes through it, never whole in memory", async (t) => {
  const count = 40;
  const chunkBytes = 2_000;
  const budget = new ByteBudget(8_000);
  let most = 0;
  let stored = 0;
  const creator: ObjectCreator = {
    async create(_name, body) {
      assert.ok(body instanceof ReadableStream);
      for await (const bytes of body) {
        await sleep(1);
        stored += bytes.byteLength;
      }
      return { created: true, generation: "1" };
    },
  };
  const { bridge, lease } = openBridge(t, { creator, budget });
  for (let index = 0; index < count; index++) {
    await until(() => !lease.isPaused);
    const value = new Uint8Array(chunkBytes);
    value.set(PNG_PIXEL);
    const headers = chunkHeaders("a", index, count);
    bridge.take(fetchOf(lease, [recordOf({ offset: BigInt(index), headers, value })]));
    most = Math.max(most, budget.taken);
  }
  await until(() => lease.commits.at(-1) === BigInt(count));
  assert.equal(stored, count * chunkBytes);
  assert.ok(most <= 8_000 + chunkBytes + 512, `${most} bytes`);
  assert.equal(budget.taken, 0);
});

const WRONG = [
  { "chunk-id": "a" },
  { "chunk-id": "a", "chunk-index": "0" },
  { "chunk-id": "", "chunk-index": "0", "chunk-count": "1" },
  { "chunk-id": "a", "chunk-index": "2", "chunk-count": "2" },
  { "chunk-id": "a", "chunk-index": "-1", "chunk-count": "2" },
  { "chunk-id": "a", "chunk-index": "0", "chunk-count": "9999999" },
];

test("chunkOf() reads the three headers, and refuses what is not all of them", () => {
  assert.equal(chunkOf(recordOf()), undefined);
  assert.deepEqual(chunkOf(recordOf({ headers: chunkHeaders("a", 1, 3) })), {
    id: "a",
    index: 1,
    count: 3,
  });
  for (const headers of WRONG) {
    assert.throws(
      () => chunkOf(recordOf({ headers: headers as Readonly<Record<string, string>> })), // its keys differ
      { code: "invalid_record" },
      JSON.stringify(headers),
    );
  }
});

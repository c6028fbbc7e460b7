import assert from "node:assert/strict";
import { test } from "node:test";
import { DAYS_FILE, type DaySalt, parseDaySalts, serializeDaySalts } from "../model/day_salts.ts";
import type { ObjectName } from "../model/object_name.ts";
import { DAY_MS, dayOf } from "../model/utc_day.ts";
import { withCalls } from "../testing/crashing_ports.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { ManualClock, NOON_MS } from "../testing/test_world.ts";
import { keepDays } from "./keep_days.ts";
import { RETENTION_POLICY, retentionPolicyOf } from "./policy.ts";

const NAME = DAYS_FILE as ObjectName; // a name of the configuration bucket
const MIDNIGHT_MS = Date.UTC(2026, 2, 14);

/** A keeper with a clock of its own, whose random bytes count up. */
function keeperOf(config = new MemoryObjectStore(), nowMs = NOON_MS) {
  const clock = new ManualClock(nowMs);
  let made = 0;
  const random = (count: number) => new Uint8Array(count).fill(++made);
  const ports = { config, clock, random, policy: RETENTION_POLICY, pseudonymKey: 1 };
  return { ports, clock, config, keep: (values = {}) => keepDays({ ...ports, ...values }) };
}

async function daysIn(config: MemoryObjectStore): Promise<readonly DaySalt[]> {
  return parseDaySalts(await config.read(NAME) ?? assert.fail("there is no file"));
}

const named = (days: readonly DaySalt[]) => days.map(({ day }) => day);
const daysFrom = (timeMs: number, count: number) =>
  Array.from({ length: count }, (_, at) => dayOf(timeMs + at * DAY_MS));

test("keepDays() holds sixteen days, eight of them ahead, each with a salt of its own that never changes", async () => {
  const { keep, clock, config } = keeperOf();
  const seen = new Map<string, string>();
  for (let day = 0; day < 30; day++) {
    // An owner's first list goes back over all live days.
    assert.deepEqual(await keep(), { added: day > 0 ? 1 : 16, dropped: day > 0 ? 1 : 0, ahead: 8 });
    const days = await daysIn(config);
    for (const { day, salt, pseudonymKey } of days) {
      assert.equal(seen.get(day) ?? salt, salt);
      assert.deepEqual([salt.length, pseudonymKey], [64, 1]);
      seen.set(day, salt);
    }
    assert.deepEqual(named(days), daysFrom(clock.nowMs - 7 * DAY_MS, 16));
    assert.deepEqual(await keep(), { added: 0, dropped: 0, ahead: 8 }, "again on the same day");
    clock.nowMs += DAY_MS;
  }
  assert.equal(new Set(seen.values()).size, seen.size);
  clock.nowMs += 30 * DAY_MS;
  assert.deepEqual(await keep(), { added: 16, dropped: 16, ahead: 8 }, "away for a month");
  assert.deepEqual(named(await daysIn(config)), daysFrom(clock.nowMs - 7 * DAY_MS, 16));
});

for (const policy of [RETENTION_POLICY, retentionPolicyOf(90_000)]) {
  test(`keepDays() drops a day ${policy.periodMs} ms after its end by the clock alone, to the millisecond`, async () => {
    const { keep, clock, config } = keeperOf();
    await keep({ policy });
    clock.nowMs = MIDNIGHT_MS + DAY_MS + policy.periodMs - 1;
    await keep({ policy });
    assert.equal(named(await daysIn(config))[0], "2026-03-14");
    clock.nowMs++;
    assert.equal((await keep({ policy })).dropped, 1);
    assert.equal(named(await daysIn(config))[0], "2026-03-15");
  });
}

test("keepDays() by two keepers at once makes each day once, at the beginning and later", async () => {
  const config = new MemoryObjectStore();
  const keepers = [1, 2].map(() => keeperOf(config));
  for (const [addedOnce, afterMs] of [[16, 0], [1, DAY_MS]] as const) {
    for (const { clock } of keepers) clock.nowMs += afterMs;
    const both = await Promise.all(keepers.map(({ keep }) => keep()));
    assert.deepEqual(both.map(({ added }) => added).toSorted(), [0, addedOnce]);
    assert.ok(both.every(({ ahead }) => ahead === 8));
  }
  assert.deepEqual(named(await daysIn(config)), daysFrom(NOON_MS - 6 * DAY_MS, 16));
});

test("keepDays() whose write was overtaken leaves what another keeper wrote", async () => {
  const config: MemoryObjectStore = new MemoryObjectStore({
    before: async (operation) => {
      if (operation !== "replace" || others.isDone) return;
      others.isDone = true;
      await others.keep();
    },
  });
  const others = { ...keeperOf(config, NOON_MS + DAY_MS), isDone: true };
  const { keep, clock } = keeperOf(config);
  await keep();
  others.isDone = false;
  clock.nowMs += DAY_MS;
  const random = () => new Uint8Array(32).fill(99);
  assert.deepEqual(await keep({ random }), { added: 0, dropped: 0, ahead: 8 });
  assert.ok((await daysIn(config)).every(({ salt }) => !salt.startsWith("63")));
});

for (const text of ["{", "", '{"days": [{"day": "2026-03-14"}]}']) {
  test(`keepDays() never overwrites a file that is ${JSON.stringify(text)}`, async () => {
    const { keep, config } = keeperOf();
    const bytes = new TextEncoder().encode(text);
    await config.put(NAME, bytes);
    await assert.rejects(keep(), { code: "invalid_config" });
    assert.deepEqual(await config.read(NAME), bytes);
  });
}

function sampleDay(values: Partial<DaySalt> = {}): DaySalt {
  return { day: "2026-03-14", salt: "ab".repeat(32), pseudonymKey: 1, ...values };
}

test("keepDays() uses a new key from the first day that is not made yet", async () => {
  const { keep, clock, config } = keeperOf();
  await keep();
  assert.equal((await keep({ pseudonymKey: 2 })).added, 0);
  clock.nowMs += DAY_MS;
  await keep({ pseudonymKey: 2 });
  const keys = (await daysIn(config)).map(({ pseudonymKey }) => pseudonymKey);
  assert.deepEqual(keys, [...Array(15).fill(1), 2]);
});

test("keepDays() reports fewer days ahead where a file cannot be written", async () => {
  const { keep, config, clock } = keeperOf();
  await config.put(NAME, serializeDaySalts([sampleDay(), sampleDay({ day: "2026-03-15" })]));
  const overtaken = withCalls(config, { replace: () => Promise.resolve(null) });
  assert.deepEqual(await keep({ config: overtaken }), { added: 0, dropped: 0, ahead: 1 });
  clock.nowMs += 2 * DAY_MS;
  assert.equal((await keep({ config: overtaken })).ahead, 0);
});

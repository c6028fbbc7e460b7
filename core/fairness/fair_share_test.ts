import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../testing/test_world.ts";
import { deliveryShareOf } from "./delivery_share.ts";
import { type Claim, FairShare, type FairShareOptions } from "./fair_share.ts";
import { SLOW_LANES, slowLaneOf } from "./slow_lane.ts";

const SHARE = { slots: 12, room: 120 };

/** A share with a clock that is moved by hand; `start` runs what may run and returns whose it is. */
function fixture(options: Omit<FairShareOptions, "clock"> = SHARE) {
  const clock = new ManualClock();
  const share = new FairShare<Claim>({ ...options, clock });
  const running: Claim[] = [];
  const start = () => {
    const before = running.length;
    for (let next = share.next(); next !== undefined; next = share.next()) running.push(next);
    return running.slice(before).map(({ key, isSlow }) => isSlow ? `${key} (slow)` : key);
  };
  const admit = (key: string, { times = 1, isSlow = false } = {}) =>
    Array.from({ length: times }, () => share.admit({ key, isSlow }));
  const release = (key: string) => {
    const at = running.findIndex((claim) => claim.key === key);
    for (const claim of running.splice(at, 1)) share.release(claim);
  };
  return { share, clock, start, admit, release };
}

const counts = (words: readonly string[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(words, (word) => word)).map(([word, all]) => [word, all?.length]),
  );

test("a key alone takes every slot but one, and has a quarter of the room; the rest is diverted", () => {
  const { share, start, admit } = fixture();
  const verdicts = Array.from({ length: 60 }, () => {
    const [verdict = ""] = admit("flood");
    start();
    return verdict;
  });
  assert.deepEqual(counts(verdicts), { admitted: 11 + 30, divert: 19 });
  assert.equal(share.size, 41);
});

test("whoever holds least is next, the oldest first among equals", () => {
  const { start, admit, release } = fixture({ slots: 4, room: 40 });
  admit("a", { times: 6 });
  assert.deepEqual(start(), ["a", "a", "a"]);
  admit("b");
  assert.deepEqual(start(), ["b"], "at once, in the slot that is kept");
  admit("b", { times: 2 });
  admit("c");
  const nextAfter = (key: string) => {
    release(key);
    return start();
  };
  assert.deepEqual(nextAfter("a"), ["c"]);
  assert.deepEqual(nextAfter("a"), [], "the last one is kept for those that hold none");
  assert.deepEqual(nextAfter("a"), ["a"]);
  assert.deepEqual(nextAfter("b"), ["b"]);
});

test("with fewer than four slots none is kept, and with four one", () => {
  for (const [slots, own] of [[2, 2], [3, 3], [4, 3]] as const) {
    const { start, admit } = fixture({ slots, room: 20 });
    admit("a", { times: 5 });
    assert.equal(start().length, own);
  }
});

test("beyond its quarter a key gets slots only as far as they do the scarce work", () => {
  let busy = 0;
  const { start, admit } = fixture({ ...SHARE, busyOf: () => busy });
  admit("flood", { times: 20 });
  for (const [now, started] of [[0, 3], [2, 2]] as const) {
    busy = now;
    assert.equal(start().length, started);
  }
  admit("other", { times: 3 });
  assert.deepEqual(counts(start()), { other: 3 });
});

test("slow lanes hold a quarter of the slots together while anybody else is there", () => {
  const { clock, start, admit, release } = fixture();
  admit("other");
  start();
  admit("flood", { times: 5, isSlow: true });
  assert.deepEqual(counts(start()), { "flood (slow)": 3 });
  clock.nowMs += 9_000;
  assert.deepEqual(start(), []);
  clock.nowMs += 1_000;
  assert.deepEqual(counts(start()), { "flood (slow)": 2 }, "nobody else came for ten seconds");
  admit("other");
  release("flood");
  admit("flood", { isSlow: true });
  assert.deepEqual(start(), ["other"]);
});

test("slow lanes have a quarter of the room, of which a flood leaves some to others, and are refused beyond it", () => {
  const { start, admit } = fixture();
  admit("other");
  admit("flood", { times: 3, isSlow: true });
  start();
  const verdicts = (key: string) => counts(admit(key, { times: 40, isSlow: true }));
  assert.deepEqual(verdicts("flood"), { admitted: 15, refuse: 25 });
  assert.deepEqual(verdicts("second"), { admitted: 8, refuse: 32 });
});

test("floods of many keys leave room for the next, which is refused only where the room is full", () => {
  const { share, start, admit } = fixture();
  for (let key = 0; key < 4; key++) {
    for (let time = 0; time < 200; time++) {
      admit(`flood ${key}`);
      start();
    }
  }
  assert.ok(share.size < 12 + 120, `${share.size}`);
  assert.deepEqual(admit("small"), ["admitted"]);
  for (let key = 0; key < 120; key++) admit(`small ${key}`);
  assert.equal(share.size, 12 + 120);
  assert.deepEqual(admit("late"), ["refuse"]);
});

test("what fits is next, and what waits no longer is gone", () => {
  const { share } = fixture({ slots: 4, room: 40 });
  const [large, small] = [{ key: "a" }, { key: "b" }];
  share.admit(large);
  share.admit(small);
  assert.equal(share.next((claim) => claim !== large), small);
  assert.equal(share.withdraw(small), false, "it runs");
  assert.deepEqual([share.withdraw(large), share.next()], [true, undefined]);
  share.release(small);
  assert.equal(share.size, 0);
});

test("an instance has three slots a pixel process, eight at least, and ten times the room", () => {
  const share = (pixelProcesses: number, maxInstances = 20) =>
    deliveryShareOf({ pixelProcesses, maxInstances });
  assert.deepEqual(share(4), { slots: 12, room: 120, roomOfKey: 75 });
  assert.deepEqual([share(1).slots, share(2).slots, share(8).slots], [8, 8, 24]);
  assert.equal(share(4, 100).roomOfKey, 15, "half of Pub/Sub's window, over all instances");
});

test("a key's slow lane is always the same, and keys spread over all of them", () => {
  // FNV-1a's own vectors.
  const vectors = { "": 0x811c9dc5, "a": 0xe40c292c, "foobar": 0xbf9cf968 };
  for (const [key, hash] of Object.entries(vectors)) assert.equal(slowLaneOf(key), hash % 8);
  const lanes = Array.from({ length: 8_000 }, (_, at) => String(slowLaneOf(`tenant-${at}`)));
  const sizes = Object.values(counts(lanes));
  assert.deepEqual([sizes.length, SLOW_LANES], [8, 8]);
  assert.ok(sizes.every((size = 0) => size > 800 && size < 1_200), `${sizes}`);
});

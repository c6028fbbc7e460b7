import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { seededRandom } from "@tintype/core/seeded_random";
import { OffsetTracker } from "./offset_tracker.ts";

/** `TEST_SEED=n` runs one seed again. */
const SEED = Number(process.env["TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 300;

test("OffsetTracker passes what is no record: control records, compacted and aborted ones", () => {
  const tracker = new OffsetTracker();
  tracker.reachesTo(12n);
  tracker.startAt(3n);
  tracker.passTo(5n);
  assert.equal(tracker.toCommit(), 5n, "nothing but control records was fetched");
  tracker.begin(6n);
  tracker.passTo(12n);
  tracker.passTo(7n);
  assert.deepEqual([tracker.toCommit(), tracker.lag, tracker.isAtEnd], [6n, 6n, true]);
  const span = tracker.span(6n);
  tracker.end(6n);
  assert.equal(tracker.toCommit(), 6n, "an open chunk set holds what is behind it, too");
  span.last = 6n;
  assert.deepEqual([tracker.toCommit(), tracker.lag], [12n, 0n]);
});

test("OffsetTracker.begin() refuses an offset that is not ahead", () => {
  const tracker = new OffsetTracker();
  tracker.begin(3n);
  assert.throws(() => tracker.begin(3n), /^RangeError: Cannot begin offset 3 behind 3$/);
  tracker.end(3n);
  assert.throws(() => tracker.begin(2n), RangeError);
});

test("OffsetTracker is never ahead of a record that is not durable, in any order of ends", () => {
  const random = seededRandom(SEED);
  for (let round = 0; round < ROUNDS; round++) playRound(random, `seed ${SEED}, round ${round}`);
});

/** Begins, ends and commits at random beside a model that knows every offset. */
function playRound(random: () => number, place: string): void {
  const tracker = new OffsetTracker();
  const durable = new Map<bigint, boolean>();
  let next = BigInt(Math.floor(random() * 1000));
  let committed: bigint | undefined;
  for (let step = 0; step < 60; step++) {
    const open = [...durable].filter(([, isDurable]) => !isDurable).map(([offset]) => offset);
    const dice = random();
    if (dice < 0.4) {
      next += BigInt(1 + Math.floor(random() * 3));
      tracker.begin(next);
      durable.set(next, false);
    } else if (dice < 0.85) {
      const offset = open[Math.floor(random() * open.length)];
      if (offset === undefined) continue;
      tracker.end(offset);
      durable.set(offset, true);
    } else {
      const commit = tracker.toCommit();
      if (commit === undefined) continue;
      assert.ok(committed === undefined || commit > committed, `${place}: goes back`);
      tracker.committed(commit);
      committed = commit;
    }
    const firstOpen = [...durable].find(([, isDurable]) => !isDurable)?.[0];
    const [first] = durable.keys();
    const end = firstOpen ?? (durable.size === 0 ? undefined : next + 1n);
    const wanted = end === (committed ?? first) ? undefined : end;
    assert.equal(tracker.toCommit(), wanted, place);
    const behind = [...durable.keys()].filter((offset) =>
      firstOpen !== undefined && offset >= firstOpen
    ).length;
    assert.equal(tracker.pending, behind, place);
  }
}

test("OffsetTracker commits nothing inside a span: before it until its last is known and durable", () => {
  const tracker = new OffsetTracker();
  for (const offset of [0n, 1n, 2n, 3n, 4n, 5n]) tracker.begin(offset);
  tracker.end(0n);
  const outer = tracker.span(1n); // 1, 3
  const inner = tracker.span(2n); // 2, 4: begins inside, ends outside
  tracker.end(1n);
  tracker.end(3n);
  outer.last = 3n;
  assert.equal(tracker.toCommit(), 1n);
  assert.equal(tracker.restartAt, 1n);
  tracker.end(2n);
  tracker.end(4n);
  assert.equal(tracker.toCommit(), 1n, "the second may go on");
  inner.last = 4n;
  assert.equal(tracker.toCommit(), 5n);
  tracker.committed(5n);
  tracker.end(5n);
  assert.equal(tracker.toCommit(), 6n);
});

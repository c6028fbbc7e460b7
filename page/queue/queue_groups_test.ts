import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueueItem } from "@tintype/client/queue/queue_item";
import { itemOf } from "./_testing.ts";
import { type Group, GROUPS, groupsOf, isUnfolded, nextSlots, SLOTS } from "./queue_groups.ts";

/** Items by what their ids begin with: `s` is sent, `p` processed, `q` queued, `r` ready, `x` refused, `z` paused. */
const STATES: Readonly<Record<string, QueueItem["state"]>> = {
  ...{ s: "sending", p: "processing", q: "queued", r: "ready", x: "refused", z: "paused" },
};

function itemsOf(ids: string): QueueItem[] {
  return ids.split(" ").filter((id) => id !== "").map((id) =>
    itemOf(STATES[id[0] ?? ""] ?? "queued", { id, sentBytes: id.endsWith("0") ? 0 : 1 })
  );
}

const idsOf = (items: readonly QueueItem[]) => items.map(({ id }) => id).join(" ");

/** Slots before, items, the row that is held, slots after. */
const TURNS: readonly (readonly [string, string, string | undefined, string])[] = [
  ["", "s1 s2 q3 q4", undefined, "s1 s2"],
  ["s1 s2", "r1 s2 s3 q4", undefined, "s3 s2"],
  ["s1 s2", "p1 s2 s3", undefined, "s3 s2 p1"],
  ["s1 s2 p3", "s1 s2 p3 p4 p5 p6 p7", undefined, "s1 s2 p3 p4 p5 p6"],
  ["p1 p2 p3 p4 p5 p6", "p1 p2 p3 p4 p5 p6 s7", undefined, "p1 p2 p3 p4 p5 s7"],
  ["r1 s2", "r1 s2 s3", "r1", "r1 s2 s3"],
  ["s2", "r1 s2", "r1", "s2"],
  ["s1 s2 s3", "s1 r2 s3", undefined, "s1 s3"],
  ["z1", "z1 z20", undefined, "z1"],
  ["s1", "", undefined, ""],
];

test("a row keeps its slot while it is current or held, and a free slot gets the next one in place", () => {
  for (const [before, items, held, after] of TURNS) {
    const slots = nextSlots(itemsOf(items), before.split(" ").filter((id) => id !== ""), held);
    assert.equal(slots.join(" "), after, `${before} → ${items}`);
    assert.ok(slots.length <= SLOTS);
  }
});

test("an album's items are each in one group: its current ones first, by their slots", () => {
  const items = itemsOf("r1 r2 s3 z4 p5 x6 q7 z80 q9");
  const groups = groupsOf(items, ["p5", "s3"]);
  assert.deepEqual(GROUPS.map((group) => idsOf(groups[group])), [
    ...["p5 s3 z4", "x6", "q7 z80 q9", "r1 r2"],
  ]);
  assert.equal(idsOf(groupsOf(items, ["r1"]).current), "r1 s3 z4 p5", "a held one stays on top");
});

test("small groups show their rows; what is finished folds while others are on their way", () => {
  const cases: readonly (readonly [string, Group, boolean])[] = [
    ["q1 q2 q3", "waiting", true],
    ["q1 q2 q3 q4", "waiting", false],
    ["x1 x2 x3 x4 x5", "refused", true],
    ["x1 x2 x3 x4 x5 x6", "refused", false],
    ["r1 r2 r3", "finished", true],
    ["r1 r2 r3 r4", "finished", false],
    ["r1 s2", "finished", false],
    ["r1 q2", "finished", false],
    ["s1 s2 s3 p4 p5 p6 p7", "current", true],
  ];
  for (const [ids, group, isOpen] of cases) {
    assert.equal(isUnfolded(group, groupsOf(itemsOf(ids), [])), isOpen, `${ids}: ${group}`);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { WORDS } from "../words.ts";
import { itemOf, type QueueItem } from "./queue_item.ts";
import {
  noteOf,
  type QueueAction,
  queueActionsOf,
  type RowAction,
  rowActionsOf,
  stateText,
  titleOf,
} from "./queue_text.ts";

const words = WORDS.queue;
const KEPT = { id: "1", account: "ann", addedAtMs: 0, type: "image/jpeg", isPaused: false };
const CORRUPT = { code: "corrupt", detail: "" };

function item(state: QueueItem["state"], changes: Partial<QueueItem> = {}): QueueItem {
  return { ...itemOf({ ...KEPT, name: "1.jpg", size: 4_000 }), state, ...changes };
}

const ROWS: readonly (readonly [item: QueueItem, text: string, actions: readonly RowAction[]])[] = [
  [item("queued"), words.states.queued, ["pause", "cancel"]],
  [item("reading"), words.states.reading, ["pause", "cancel"]],
  [item("sending", { heldBytes: 1_000 }), "1 kB of 4 kB", ["pause", "cancel"]],
  [
    item("sending", { heldBytes: 1_000, bytesPerSecond: 500 }),
    "1 kB of 4 kB · 500 bytes/s",
    ["pause", "cancel"],
  ],
  [item("waiting"), words.states.waiting, ["pause", "cancel"]],
  [item("waiting", { isHeldUp: true }), words.states.heldUp, ["pause", "cancel"]],
  [item("paused"), "Paused", ["resume", "cancel"]],
  [item("paused", { heldBytes: 1_000 }), "Paused at 1 kB of 4 kB", ["resume", "cancel"]],
  [item("developing"), words.states.developing, []],
  [item("ready"), words.states.ready, []],
  [item("refused", { problem: CORRUPT }), "", ["dismiss"]],
  [item("refused", { problem: { code: "network", detail: "" } }), "", ["retry", "dismiss"]],
  [item("refused", { problem: { code: "unheard-of", detail: "" } }), "", ["retry", "dismiss"]],
  [item("queued", { isKept: false }), `${words.states.queued}. ${words.notKept}`, [
    "pause",
    "cancel",
  ]],
  [item("ready", { isKept: false }), words.states.ready, []],
];

test("a row says where its picture is, and offers what can be done with it", () => {
  for (const [row, text, actions] of ROWS) {
    const what = JSON.stringify(row);
    assert.equal(stateText(row), text, what);
    assert.deepEqual(rowActionsOf(row), actions, what);
  }
});

type Head = readonly [states: readonly QueueItem["state"][], title: string, note: string];
const HEADS: readonly (readonly [...Head, actions: readonly QueueAction[]])[] = [
  [["queued", "sending"], words.title, "0 of 2 developed", ["pauseAll"]],
  [["paused", "ready"], words.title, "1 of 2 developed", ["show", "resumeAll"]],
  [["developing", "paused", "sending"], words.title, "0 of 3 developed", ["pauseAll", "resumeAll"]],
  [["ready", "ready"], words.doneTitle, "2 of 2 developed", ["show"]],
  [["ready", "refused"], words.doneTitle, "1 of 1 developed, 1 not taken", ["show"]],
  [["refused"], words.refusedTitle, "1 not taken", []],
  [["refused", "refused"], words.refusedTitle, "2 not taken", ["dismissAll"]],
];

test("the queue's head counts its pictures, and offers what can be done with all of them", () => {
  for (const [states, title, note, actions] of HEADS) {
    const items = states.map((state) => item(state));
    assert.deepEqual([titleOf(items), noteOf(items)], [title, note], states.join());
    assert.deepEqual(queueActionsOf(items), actions, states.join());
  }
});

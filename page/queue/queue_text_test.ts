import assert from "node:assert/strict";
import { test } from "node:test";
import { WORDS } from "../words.ts";
import { entryOf, type QueueCalls, type QueueItem } from "@tintype/client/queue/queue_item";
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
const KEPT = { id: "1", addedAtMs: 0, type: "image/jpeg", isPaused: false };
const NEVER = { calls: {} as QueueCalls, metadata: undefined, release: () => undefined }; // nothing calls them
const problem = (code: string) => ({ code, detail: "", status: 0 });

function item(state: QueueItem["state"], changes: Partial<QueueItem> = {}): QueueItem {
  return { ...entryOf({ ...KEPT, name: "1.jpg", size: 4_000 }, NEVER).item, state, ...changes };
}

const ROWS: readonly (readonly [item: QueueItem, text: string, actions: readonly RowAction[]])[] = [
  [item("queued"), words.states.queued, ["pause", "cancel"]],
  [item("sending", { sentBytes: 1_000 }), "1 kB of 4 kB", ["pause", "cancel"]],
  [
    item("sending", { sentBytes: 1_000, bytesPerSecond: 500 }),
    "1 kB of 4 kB · 500 bytes/s",
    ["pause", "cancel"],
  ],
  [item("waiting", { problem: problem("network") }), words.states.waiting, ["pause", "cancel"]],
  [item("waiting", { problem: problem("rate_limited") }), words.states.heldUp, ["pause", "cancel"]],
  [item("paused"), "Paused", ["resume", "cancel"]],
  [item("paused", { sentBytes: 1_000 }), "Paused at 1 kB of 4 kB", ["resume", "cancel"]],
  [item("processing"), words.states.developing, []],
  [item("ready"), words.states.ready, []],
  [item("refused", { problem: problem("corrupt") }), "", ["dismiss"]],
  [item("refused", { problem: problem("network") }), "", ["retry", "dismiss"]],
  [item("refused", { problem: problem("unheard-of") }), "", ["retry", "dismiss"]],
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
  [["processing", "paused", "sending"], words.title, "0 of 3 developed", ["pauseAll", "resumeAll"]],
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

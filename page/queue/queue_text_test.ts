import assert from "node:assert/strict";
import { test } from "node:test";
import { WORDS } from "../words.ts";
import type { QueueItem } from "@tintype/client/queue/queue_item";
import { itemOf } from "./_testing.ts";
import {
  bytesNoteOf,
  groupNoteOf,
  noteOf,
  type QueueAction,
  queueActionsOf,
  type RowAction,
  rowActionsOf,
  stateText,
  titleOf,
} from "./queue_text.ts";

const words = WORDS.queue;
const problem = (code: string) => ({ code, detail: "", status: 0 });

const ROWS: readonly (readonly [item: QueueItem, text: string, actions: readonly RowAction[]])[] = [
  [itemOf("queued"), words.states.queued, ["pause", "cancel"]],
  [itemOf("sending", { sentBytes: 1_000 }), "1 kB of 4 kB", ["pause", "cancel"]],
  [
    itemOf("sending", { sentBytes: 1_000, bytesPerSecond: 500 }),
    "1 kB of 4 kB · 500 bytes/s",
    ["pause", "cancel"],
  ],
  [itemOf("waiting", { problem: problem("network") }), words.states.waiting, ["pause", "cancel"]],
  [itemOf("waiting", { problem: problem("rate_limited") }), words.states.heldUp, [
    "pause",
    "cancel",
  ]],
  [itemOf("paused"), "Paused", ["resume", "cancel"]],
  [itemOf("paused", { sentBytes: 1_000 }), "Paused at 1 kB of 4 kB", ["resume", "cancel"]],
  [itemOf("processing"), words.states.processing, []],
  [itemOf("ready"), words.states.ready, []],
  [itemOf("refused", { problem: problem("corrupt") }), "", ["dismiss"]],
  [itemOf("refused", { problem: problem("network") }), "", ["retry", "dismiss"]],
  [itemOf("refused", { problem: problem("unheard-of") }), "", ["retry", "dismiss"]],
  [itemOf("queued", { isKept: false }), `${words.states.queued}. ${words.notKept}`, [
    "pause",
    "cancel",
  ]],
  [itemOf("ready", { isKept: false }), words.states.ready, []],
];

test("a row says where its picture is, and offers what can be done with it", () => {
  for (const [row, text, actions] of ROWS) {
    const what = JSON.stringify(row);
    assert.equal(stateText(row), text, what);
    assert.deepEqual(rowActionsOf(row), actions, what);
  }
});

type Head = readonly [items: readonly QueueItem[], title: keyof typeof words.titles, note: string];
const inStates = (...states: QueueItem["state"][]) => states.map((state) => itemOf(state));
const waiting = (code: string) => itemOf("waiting", { problem: problem(code) });
const HEADS: readonly (readonly [...Head, actions: readonly QueueAction[]])[] = [
  [inStates("queued", "sending"), "sending", "0 of 2 ready", ["pauseAll"]],
  [inStates("paused", "ready"), "paused", "1 of 2 ready", ["show", "resumeAll"]],
  [inStates("processing", "paused"), "processing", "0 of 2 ready", ["resumeAll"]],
  [inStates("paused", "sending"), "sending", "0 of 2 ready", ["pauseAll", "resumeAll"]],
  [[waiting("network"), ...inStates("queued")], "offline", "0 of 2 ready", ["pauseAll"]],
  [[waiting("rate_limited"), ...inStates("queued")], "heldUp", "0 of 2 ready", ["pauseAll"]],
  [[waiting("network"), ...inStates("sending")], "sending", "0 of 2 ready", ["pauseAll"]],
  [inStates("ready", "ready"), "ready", "2 of 2 ready", ["show"]],
  [inStates("ready", "refused"), "ready", "1 of 1 ready, 1 not taken", ["show"]],
  [inStates("refused"), "refused", "1 not taken", []],
  [inStates("refused", "refused"), "refused", "2 not taken", ["dismissAll"]],
];

test("the queue's head says what all of it is doing, and offers what can be done with all of it", () => {
  for (const [items, title, note, actions] of HEADS) {
    const states = items.map(({ state }) => state).join();
    assert.deepEqual([titleOf(items), noteOf(items)], [words.titles[title], note], states);
    assert.deepEqual(queueActionsOf(items), actions, states);
  }
});

test("the head counts bytes and the time left; a folded group what is still to be sent", () => {
  const sending = itemOf("sending", { sentBytes: 1_000, bytesPerSecond: 100 });
  const items = [sending, ...inStates("queued", "paused", "refused")];
  assert.equal(bytesNoteOf(items), "1 kB of 12 kB, 1 minute 50 seconds left");
  assert.equal(bytesNoteOf(items.slice(1)), "0 bytes of 8 kB", "no speed, no time");
  assert.equal(bytesNoteOf([itemOf("ready", { sentBytes: 4_000 })]), "");
  assert.deepEqual([items, inStates("ready")].map(groupNoteOf), ["4, 8 kB", "1"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "@tintype/client/problem";
import { changeBy, itemOf, keptFileOf } from "./item_changes.ts";
import type { KeptFile } from "./kept_files.ts";

const FILE = new File(["12345"], "1.jpg", { type: "image/jpeg" });
const KEPT: KeptFile = {
  ...{ id: "1", account: "ann", name: "1.jpg", size: 5, type: "image/jpeg", addedAtMs: 7 },
  isPaused: false,
};

test("a kept file survives a reload with its place, its pause and what the store has of it", () => {
  const without = { addedAtMs: 7, upload: undefined, outcome: undefined, isGone: false };
  const entry = { ...without, item: itemOf(KEPT), release: () => undefined };
  const sent = { ...entry, file: undefined, imageId: "a" };
  assert.deepEqual(keptFileOf({ ...entry, file: FILE, imageId: undefined }, "ann"), {
    ...KEPT,
    file: FILE,
  });
  assert.deepEqual(keptFileOf(sent, "ann"), { ...KEPT, imageId: "a" });
  const paused = { ...sent, item: itemOf({ ...KEPT, isPaused: true }) };
  assert.equal(keptFileOf(paused, "ann").isPaused, true);
});

test("progress never goes back, and shows why a file waits", () => {
  const item = { ...itemOf(KEPT), state: "sending", heldBytes: 3 } as const;
  const totalBytes = 5;
  assert.deepEqual(
    changeBy(item, { state: "sending", heldBytes: 2, totalBytes, bytesPerSecond: 9 }),
    { heldBytes: 3, bytesPerSecond: 9, isHeldUp: false, state: "sending" },
  );
  const error = new UploadError({ status: 429, code: "rate_limited", detail: "" });
  const waits = changeBy(item, { state: "waiting", heldBytes: 4, totalBytes, error });
  assert.deepEqual([waits.state, waits.heldBytes, waits.isHeldUp], ["waiting", 4, true]);
});

test("what its owner paused stays paused, whatever its upload still reports", () => {
  for (const state of ["paused", "queued"] as const) {
    const change = changeBy({ ...itemOf(KEPT), state }, {
      ...{ state: "sending", heldBytes: 4, totalBytes: 5 },
    });
    assert.deepEqual([change.heldBytes, "state" in change], [4, false], state);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProgressLine } from "./progress_line.ts";

/** Begins the line anew. */
const CLEAR = "\r\x1b[2K";
const TOTALS = { count: 2, ended: 0, bytes: 8e6, sentBytes: 2e6, bytesPerSecond: 1.5e6 };

test("ProgressLine shows on a terminal how far all are, how fast, and why one waits", () => {
  let written = "";
  const line = new ProgressLine((text) => written += text, { isTerminal: true });
  line.change(TOTALS, "1 waiting: network");
  line.tell(() => written += "a line above\n");
  const shown = "[######------------------] 0 of 2  2.0 of 8.0 MB  1.5 MB/s  1 waiting: network";
  assert.equal(written, `${CLEAR}${shown}${CLEAR}a line above\n${CLEAR}${shown}`);
  line.end();
  assert.ok(written.endsWith(CLEAR));
});

test("ProgressLine writes nothing where there is no terminal", () => {
  const line = new ProgressLine(() => assert.fail("It wrote"), { isTerminal: false });
  line.change(TOTALS);
  let calls = 0;
  line.tell(() => calls++);
  line.end();
  assert.equal(calls, 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { PushWindow } from "./push_window.ts";

test("the window doubles in a round of acknowledgements, up to its most", () => {
  const window = new PushWindow(16);
  const sizes = Array.from({ length: 3 }, () => {
    for (let left = window.size; left > 0; left--) window.acknowledged();
    return window.size;
  });
  assert.deepEqual(sizes, [8, 16, 16]);
});

test("each refusal halves the window, down to one push at a time", () => {
  const window = new PushWindow(16);
  const sizes = Array.from({ length: 4 }, () => {
    window.refused();
    return window.size;
  });
  assert.deepEqual(sizes, [2, 1, 1, 1]);
  window.acknowledged();
  assert.equal(window.size, 2);
  assert.equal(new PushWindow(3).size, 3);
});

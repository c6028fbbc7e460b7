import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnCode } from "./own_code.ts";

test("OwnCode adds up what a step takes on each frame, also where it breaks", async () => {
  let nowMs = 0;
  const own = new OwnCode({ now: () => nowMs });
  await own.run("step blur", async () => nowMs += 10);
  const broken = own.run("step blur", async () => {
    nowMs += 5;
    throw new Error("broken");
  });
  await assert.rejects(broken, { reason: "processing_limit" });
  assert.deepEqual(own.tookMs, { "step blur": 15 });
});

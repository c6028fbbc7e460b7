import { ImageRejected } from "@tintype/core/model/reject_reason";
import { parseTenant } from "@tintype/core/model/tenant";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { TestWorld } from "@tintype/core/testing/test_world";
import assert from "node:assert/strict";
import { test } from "node:test";
import { rolloutWork } from "./rollout_work.ts";

const reject = () => {
  throw new ImageRejected("corrupt", "row 3");
};

for (
  const [tenant, engine, outcome, statuses] of [
    ["synthetic", {}, "done", ["ready", "ready"]],
    ["synthetic", { before: reject }, "done", ["ready", "rejected"]],
    ["acme", {}, "ignored", ["ready"]],
  ] as const
) {
  test(`rolloutWork() leaves ${statuses} of an image of ${tenant}`, async () => {
    const ref = { ...sampleRef(), tenant: parseTenant(tenant) };
    const world = new TestWorld({ nowMs: Date.now() });
    await world.process(ref);
    const { pixels } = new TestWorld({ engine }).ports;
    const work = rolloutWork({ ...world.ports, pixels, processorVersion: "0.1.0+next" });
    const signal = AbortSignal.timeout(60_000);
    assert.equal((await work.run(await world.delivery(ref), { signal })).outcome, outcome);
    assert.deepEqual(world.rows.rows().map(({ status }) => status), statuses);
  });
}

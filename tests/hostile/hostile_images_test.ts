/** Hostile images through the running processor: each ends once, rejected with its reason or ready, and none costs another. */
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import { damagedFiles, hostileFiles } from "@tintype/processor/testing/hostile/hostile_files";
import { clientFor } from "../_cloud.ts";
import { pngBlob } from "../_pictures.ts";
import { openSystem, type System } from "../_system.ts";
import { processesOf } from "../trouble/parts.ts";
import { sendHostileFiles } from "./hostile_campaign.ts";
import { soakDamage } from "./hostile_soak.ts";

const MAX_MIB = 1_024;
const AT_ONCE = 16;
/** `hostile_files_test.ts` of the processor does more of it to a pool: here it is to be what a delivery makes of it. */
const DAMAGE = { cuts: 6, flips: 2 };
/** `deno task soak --campaign hostile-images` sets it. */
const SOAK_MINUTES = Number(process.env["HOSTILE_MINUTES"] ?? 0);

let system: System;
before(async () => {
  system = await openSystem();
});
after(async () => await system?.stop());

test("each hostile image ends at its first delivery, and the next good one is ready", async () => {
  const files = [...await hostileFiles(), ...await damagedFiles(DAMAGE)];
  const from = system.lines.length;
  await endsUnharmed(async () => {
    const ends = await sendHostileFiles(files, { atOnce: AT_ONCE, removes: false });
    return ends.flatMap(({ faults }) => faults);
  });
  const failures = system.lines.slice(from).filter((line) => line.includes("delivery_failed"));
  assert.deepEqual(failures, []);
});

if (SOAK_MINUTES > 0) {
  test("every sample that is flipped, and cut at each KiB, ends at its first delivery", async () => {
    const endMs = Date.now() + SOAK_MINUTES * 60_000;
    await endsUnharmed(() => soakDamage({ endMs, tell: (line) => console.log(line) }));
  });
}

/** Asserts that nothing is wrong, that processor and pixel processes stay within their memory, and that the next is ready. */
async function endsUnharmed(campaign: () => Promise<string[]>): Promise<void> {
  let peakMib = 0;
  const timer = setInterval(() => peakMib = Math.max(peakMib, residentMib()), 250);
  try {
    assert.deepEqual(await campaign(), []);
  } finally {
    clearInterval(timer);
  }
  assert.ok(peakMib <= MAX_MIB, `${peakMib} MiB`);
  const client = clientFor("after-the-storm");
  const { imageId } = await client.upload(pngBlob(300, 200));
  const { status } = await client.waitUntilReady(imageId, { timeoutMs: 30_000 });
  assert.equal(status, "ready");
}

function residentMib(): number {
  return processesOf(system.pid, ["processor", "pixels"])
    .reduce((sum, { residentKib }) => sum + residentKib, 0) / 1024;
}

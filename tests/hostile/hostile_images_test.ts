/** Hostile images through the running processor: each ends once, rejected with its reason or ready, and none costs another. */
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import { damagedFiles, hostileFiles } from "@tintype/processor/testing/hostile/hostile_files";
import { clientFor } from "../_cloud.ts";
import { noisePng } from "../_pictures.ts";
import { openSystem, type System } from "../_system.ts";
import { watchProcessorMemory } from "./_resident_memory.ts";
import { sendHostileFiles } from "./hostile_campaign.ts";
import { killPixelProcesses, soakDamage } from "./hostile_soak.ts";

const MAX_MIB = 1_024;
const AT_ONCE = 16;
/** `deno task soak --campaign hostile-images` sets both. */
const KILLS = Number(process.env["HOSTILE_KILLS"] ?? 3);
const SOAK_MINUTES = Number(process.env["HOSTILE_MINUTES"] ?? 0);

let system: System;
before(async () => {
  system = await openSystem();
});
after(async () => await system?.stop());

test("each hostile image ends at its first delivery, and the next good one is ready", async () => {
  const files = [...await hostileFiles(), ...await damagedFiles({ cuts: 64, flips: 6 })];
  const from = system.lines.length;
  const memory = watchProcessorMemory(system.pid);
  assert.deepEqual(await sendHostileFiles(files, { atOnce: AT_ONCE, removes: false }), []);
  const peakMib = memory.peak();
  assert.ok(peakMib <= MAX_MIB, `${peakMib} MiB`);
  await nextIsReady();
  const failures = system.lines.slice(from).filter((line) => line.includes("delivery_failed"));
  assert.deepEqual(failures, []);
});

test("a picture whose pixel process is killed at any stage ends ready or with a reason", async () => {
  const endings = await killPixelProcesses(system.pid, KILLS);
  const reasons = Object.keys(endings).filter((ending) => ending !== "processing_limit");
  assert.deepEqual(reasons, ["ready"], JSON.stringify(endings));
  await nextIsReady();
});

if (SOAK_MINUTES > 0) {
  test("every sample that is flipped, and cut at each KiB, ends at its first delivery", async () => {
    const memory = watchProcessorMemory(system.pid);
    const endMs = Date.now() + SOAK_MINUTES * 60_000;
    assert.deepEqual(await soakDamage({ endMs, tell: (line) => console.log(line) }), []);
    const peakMib = memory.peak();
    assert.ok(peakMib <= MAX_MIB, `${peakMib} MiB`);
    await nextIsReady();
  });
}

async function nextIsReady(): Promise<void> {
  const client = clientFor("after-the-storm");
  const good = new Blob([noisePng(300, 200)], { type: "image/png" });
  const { imageId } = await client.upload(good);
  const { status } = await client.waitUntilReady(imageId, { timeoutMs: 30_000 });
  assert.equal(status, "ready");
}

/**
 * Replays against each other, against deliveries and against erasure, and rebuilt rows against erasure, in every order of
 * their port calls, and with a process that dies after any of them. Without erasure, the manifest pins live renditions
 * after each step of each order.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { markerName, rawName } from "../model/object_name.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { processImage } from "../processing/process_image.ts";
import { rebuildRows } from "../processing/rebuild_rows.ts";
import { replayImage } from "../processing/replay_image.ts";
import { assertErased, assertPinsLive, newestRowOf } from "../testing/assert_ready.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld, type WorldPorts } from "../testing/test_world.ts";
import {
  PROCESSED_GENERATIONS_BEFORE,
  type Search,
  searchOrders,
  type SearchSize,
  type Walk,
} from "./_interleaving_testing.ts";
import { runMarkers } from "./run_markers.ts";

const LATER_MS = 3_600_000;
const ref = sampleRef(NOON_MS);
const day = rawName(ref).slice(0, 10);
const plans = JSON.stringify({
  default: { renditions: [{ name: "thumb", width: 200, height: 200, fit: "cover" }] },
});
const write = { contentType: "application/octet-stream", customTimeMs: NOON_MS };

/** `aheadMs`: its clock's, so that two replays have marks of their own. */
function replayOf(version: string, aheadMs = 0): Walk {
  return {
    name: `replay ${version}`,
    isMortal: true,
    run: (ports) => {
      const pixels = new FakePixelEngine({ version });
      const clock = { now: () => ports.clock.now() + aheadMs };
      return untilStoresAnswer(() =>
        replayImage({ ...ports, pixels, clock, processorVersion: version }, ref)
      );
    },
  };
}

/** A rendition may go while it is taken over: then it is to be done again. */
async function untilStoresAnswer(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (isAppError(error, "unavailable")) return await untilStoresAnswer(work);
    throw error;
  }
}

const delivery: Walk = {
  name: "delivery",
  isMortal: true,
  run: (ports) =>
    untilStoresAnswer(() => processImage(ports, { objectName: rawName(ref), attempt: 2 })),
};
const erasure: Walk = {
  name: "erasure",
  run: async (ports) => {
    const { raw } = ports as WorldPorts & { readonly raw: TestWorld["raw"] }; // the gated store itself
    await raw.create(markerName(ref), new Uint8Array(), write);
    await untilStoresAnswer(() => processImage(ports, { objectName: markerName(ref), attempt: 1 }));
  },
};
const sweep: Walk = {
  name: "sweep",
  isMortal: true,
  run: (ports) => runMarkers(ports, { nowMs: ports.clock.now(), policy: ports.policy }),
};

/** It takes every row for lost. */
const rebuild: Walk = {
  name: "rebuild",
  isMortal: true,
  run: (ports) =>
    rebuildRows({ ...ports, attempts: { attempts: () => Promise.resolve([]) } }, { days: [day] }),
};

interface SearchOptions {
  /** What has become of the image before. */
  readonly begin?: "ready" | "failed";
  readonly isStep?: Search["isStep"];
  readonly deaths?: number;
}

async function makeWorld(begin: "ready" | "failed", arePinsHeld: boolean): Promise<TestWorld> {
  const world: TestWorld = new TestWorld({
    plans,
    processed: {
      generationsBefore: PROCESSED_GENERATIONS_BEFORE,
      after: async (operation) => {
        const isChange = ["create", "replace", "remove"].includes(operation);
        if (isChange && arePinsHeld) await assertPinsLive(world.processed, ref, operation);
      },
    },
  });
  const hashing = { ...portableHashing, sha256: () => Promise.resolve("ab".repeat(32)) };
  Object.assign(world, { ports: { ...world.ports, hashing } });
  const delivered = await world.upload(ref);
  await (begin === "ready" ? processImage : markFailed)(world.ports, delivered);
  world.clock.nowMs += LATER_MS;
  return world;
}

async function search(
  walks: readonly Walk[],
  { begin = "ready", isStep = everyCall, deaths = 1 }: SearchOptions = {},
): Promise<SearchSize> {
  const hasErasure = walks.includes(erasure);
  const world = await makeWorld(begin, !hasErasure);
  return await searchOrders({
    world,
    walks,
    deaths,
    isStep,
    forgets: (call, answer) => call.startsWith("raw.stat erase/") && answer !== null,
    matters: (_call, answer) => answer,
    atEnd: async ({ died, path }) => {
      if (hasErasure) {
        if (died > 0) await sweep.run(world.ports);
        return assertErased(world, ref, path);
      }
      if (died > 0) await replayOf("9", 60_000).run(world.ports);
      const manifest = await assertPinsLive(world.processed, ref, path);
      assert.equal(manifest?.status, "ready", path);
      // Of three at once, one that loses may put a row on top that the third one's manifest overtakes.
      if (walks.length > 2) return;
      assert.equal(newestRowOf(world, ref)?.processor_version, manifest.processorVersion, path);
    },
  });
}

const everyCall = (call: string) => !/\.list \d{4}-/.test(call) || call.includes(day);
/** Every write to the store whose objects a manifest pins, and what a replay begins with and goes by. */
const everyProcessed = (call: string) =>
  /^processed\.(create|replace|remove|list) |^processed\.stat .*manifest/.test(call);

const PINNED: Readonly<Record<string, () => Promise<SearchSize>>> = {
  "another replay, and every death": () => search([replayOf("2"), replayOf("3", 5)]),
  "another replay of the same millisecond": () =>
    search([replayOf("2"), replayOf("3")], { deaths: 0 }),
  "a delivery of an image that failed, and every death": () =>
    search([replayOf("2"), delivery], { begin: "failed" }),
  "a delivery and another replay": () =>
    search([replayOf("2"), replayOf("3", 5), delivery], {
      begin: "failed",
      isStep: everyProcessed,
      deaths: 0,
    }),
};
const ERASED: Readonly<Record<string, () => Promise<SearchSize>>> = {
  "a replay, and every death": () => search([erasure, replayOf("2")]),
  "rows that are rebuilt, and every death": () => search([erasure, rebuild]),
};

// Before the first test, as a runner that follows every promise of its tests takes ten times as long for this.
const searched = [];
for (const [what, run] of Object.entries(PINNED)) {
  const title = `the manifest pins live renditions in every order of a replay and ${what}`;
  searched.push({ title, outcome: (await Promise.allSettled([run()]))[0] });
}
for (const [what, run] of Object.entries(ERASED)) {
  const title = `erasure wins every order against ${what}`;
  searched.push({ title, outcome: (await Promise.allSettled([run()]))[0] });
}

for (const { title, outcome } of searched) {
  test(title, (context) => {
    if (outcome.status === "rejected") throw outcome.reason;
    const { states, steps, ends, longest } = outcome.value;
    context.diagnostic?.(`${states} states, ${steps} steps, ${ends} ends, up to ${longest} steps`);
    assert.ok(states > 50 && longest > 10, `${states} states of up to ${longest} steps`);
  });
}

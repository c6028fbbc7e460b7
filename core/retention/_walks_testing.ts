/** What searches of orders share: the world that is searched, the walks of an erasure, and a test for each search. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { markerName, rawName } from "../model/object_name.ts";
import { processImage } from "../processing/process_image.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { sampleRef } from "../testing/sample_row.ts";
import {
  NOON_MS,
  TestWorld,
  type TestWorldOptions,
  type WorldPorts,
} from "../testing/test_world.ts";
import {
  PROCESSED_GENERATIONS_BEFORE,
  type Search,
  type SearchSize,
  type Walk,
} from "./_interleaving_testing.ts";
import { runMarkers } from "./run_markers.ts";

/** The image that all walks are about, and the day in its names. */
export const ref = sampleRef(NOON_MS);
export const day = rawName(ref).slice(0, 10);

/** Old enough for reconcile. */
export const LATER_MS = 3_600_000;

/** One rendition, so that orders of renditions among themselves do not multiply what is searched. */
const plans = JSON.stringify({
  default: { renditions: [{ name: "thumb", width: 200, height: 200, fit: "cover" }] },
});

/** A world that can be searched. */
export function searchedWorld(options: TestWorldOptions): TestWorld {
  const generationsBefore = PROCESSED_GENERATIONS_BEFORE;
  const processed = { ...options.processed, generationsBefore };
  const world = new TestWorld({ plans, ...options, processed });
  // Without Web Crypto, whose answers need more than microtasks.
  const hashing = { ...portableHashing, sha256: () => Promise.resolve("ab".repeat(32)) };
  return Object.assign(world, { ports: { ...world.ports, hashing } });
}

/** A walk whose process may die. */
export function mortal(name: string, run: Walk["run"]): Walk {
  return { name, isMortal: true, run };
}

/** A delivery that fails is repeated. */
export async function deliver(ports: WorldPorts, objectName: string, attempt = 1): Promise<void> {
  try {
    await processImage(ports, { objectName, attempt });
  } catch (error) {
    if (!isAppError(error)) throw error;
    await deliver(ports, objectName, attempt + 1);
  }
}

/** A port that may write to the raw bucket, as sources may: the gated store itself. */
export function rawOf(ports: WorldPorts): TestWorld["raw"] {
  return ports.raw as TestWorld["raw"]; // every world's is one
}

/** The owner's wish; its own event is delivered like any other. */
export const erasure: Walk = {
  name: "erasure",
  run: async (ports) => {
    const write = { contentType: "application/octet-stream", customTimeMs: NOON_MS };
    await rawOf(ports).create(markerName(ref), new Uint8Array(), write);
    await deliver(ports, markerName(ref));
  },
};

/** A sweep as far as it concerns erasures. */
export const sweep: Walk = mortal(
  "sweep",
  (ports) => runMarkers(ports, { nowMs: ports.clock.now(), policy: ports.policy }),
);

/** Every call but the listings of days on which nothing is. */
export const everyCall: Search["isStep"] = (call) =>
  !/\.list \d{4}-/.test(call) || call.includes(day);

/** Who sees the marker erases, and nothing else matters any more. */
export const isMarkerSeen: Search["forgets"] = (call, answer) =>
  call.startsWith("raw.stat erase/") && answer !== null;

/**
 * Runs searches, by how their titles begin and end, and makes a test of each. All are run before the first test, as a
 * runner that follows every promise of its tests takes ten times as long for them.
 */
export async function testSearches(
  searches: Readonly<Record<string, Readonly<Record<string, () => Promise<SearchSize>>>>>,
): Promise<void> {
  const searched = [];
  for (const [begin, ends] of Object.entries(searches)) {
    for (const [end, run] of Object.entries(ends)) {
      const [outcome] = await Promise.allSettled([run()]);
      searched.push({ title: `${begin} ${end}`, outcome });
    }
  }
  for (const { title, outcome } of searched) {
    test(title, (context) => {
      if (outcome.status === "rejected") throw outcome.reason;
      const { states, steps, ends, longest } = outcome.value;
      context.diagnostic?.(
        `${states} states, ${steps} steps, ${ends} ends, up to ${longest} steps`,
      );
      assert.ok(states > 50 && longest > 10, `${states} states of up to ${longest} steps`);
    });
  }
}

/** What searches of orders share: the world that is searched, the walks of an erasure, and a test for each search. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { rawName } from "../model/object_name.ts";
import { processErasure } from "../processing/process_erasure.ts";
import { processImage } from "../processing/process_image.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { sampleRef } from "../testing/sample_row.ts";
import {
  NOON_MS,
  TestWorld,
  type TestWorldOptions,
  type WorldPorts,
} from "../testing/test_world.ts";
import type { Search, SearchSize, Walk } from "./_interleaving_testing.ts";
import { settleErasures } from "./settle_erasures.ts";

/** The image that all walks are about, and the day in its names. */
export const ref = sampleRef(NOON_MS);
const day = rawName(ref).slice(2, 12);

/** Its shard, the only one that anything is in. */
export const shards = [rawName(ref).charAt(0)];

/** The generation of the first object of a world's raw bucket. */
export const FIRST_GENERATION = "1700000000000001";

/** Old enough for repair, and for an event to be published again. */
export const LATER_MS = 3_600_000;

/** One rendition, so that orders of renditions among themselves do not multiply what is searched. */
const plan = { renditions: [{ name: "thumb", width: 200, height: 200, fit: "cover" }] };

/** A world that can be searched. */
export function searchedWorld(options: TestWorldOptions): TestWorld {
  const byName = { countsByName: true };
  // So that it shares no generation with the raw bucket.
  const processed = { ...byName, ...options.processed, generationsBefore: 50_000_000 };
  const world = new TestWorld({ plan, ...options, raw: byName, processed, erasures: byName });
  // Without Web Crypto, whose answers need more than microtasks.
  const hashing = { ...portableHashing, sha256: () => Promise.resolve("ab".repeat(32)) };
  return Object.assign(world, { ports: { ...world.ports, hashing } });
}

/** A walk whose process may die. */
export function mortal(name: string, run: Walk["run"]): Walk {
  return { name, isMortal: true, run };
}

/** A delivery of a raw object's event; one that fails is repeated. */
export async function deliver(ports: WorldPorts, attempt = 1): Promise<void> {
  const delivery = { objectName: rawName(ref), generation: FIRST_GENERATION, attempt };
  await untilAcknowledged(() => processImage(ports, delivery));
}

/** A delivery of the request's event. */
export async function deliverRequest(ports: WorldPorts): Promise<void> {
  const delivery = { objectName: rawName(ref), generation: "1", attempt: 1 };
  await untilAcknowledged(() => processErasure(ports, delivery));
}

/** A failure is a delivery more. */
async function untilAcknowledged(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isAppError(error)) throw error;
    await untilAcknowledged(work);
  }
}

/** A port that may write to a bucket, as sources may: the gated store itself. */
export function storeOf(port: object): TestWorld["raw"] {
  return port as TestWorld["raw"]; // every world's is one
}

/** The owner's request; its event is delivered like any other. */
export const erasure: Walk = {
  name: "erasure",
  run: async (ports) => {
    const write = { contentType: "application/octet-stream", customTimeMs: NOON_MS };
    await storeOf(ports.erasures).create(rawName(ref), new Uint8Array(), write);
    await deliverRequest(ports);
  },
};

/** The keeper's job. */
export const keeper: Walk = mortal("keeper", (ports) => settleErasures(ports, { shards }));

/** Every call but the listings of days on which nothing is. */
export const everyCall: Search["isStep"] = (call) =>
  !/\.list \w\/\d{4}-/.test(call) || call.includes(day);

/** Who sees the request erases, and nothing else matters any more. */
export const isRequestSeen: Search["forgets"] = (call, answer) =>
  call.startsWith("erasures.stat ") && answer !== null;

/** What comes in the end: the delivery of who died, once more; then the keeper, its events and its receipts. */
export async function settle(world: TestWorld, died: number): Promise<void> {
  if (died > 0) await deliver(world.ports);
  world.clock.nowMs += LATER_MS;
  await settleErasures(world.ports, { shards });
  for (const { bucket } of world.events.splice(0)) {
    assert.equal(bucket, "erasures");
    await deliverRequest(world.ports);
  }
  await settleErasures(world.ports, { shards });
}

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
      const { states, ends, longest } = outcome.value;
      context.diagnostic?.(`${states} states, ${ends} ends, up to ${longest} steps`);
      assert.ok(states > 10 && longest > 5, `${states} states of up to ${longest} steps`);
    });
  }
}

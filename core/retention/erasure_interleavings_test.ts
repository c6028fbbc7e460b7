/**
 * Erasure against every walk that writes for an image, in every order of their port calls, and with a process that dies
 * after any of them. Two walks are searched with every call as a step, and a death after each. Three are searched with
 * every call as a step that makes something, looks for the marker, or removes the raw object or rows; with the sweep as
 * the third, a death after each of these too.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { markerName, rawName, receiptName } from "../model/object_name.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { processImage } from "../processing/process_image.ts";
import { reconcile } from "../processing/reconcile.ts";
import { assertErased, newestRowOf } from "../testing/assert_ready.ts";
import { portableHashing } from "../testing/portable_hashing.ts";
import { PNG_PIXEL } from "../testing/sample_images.ts";
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

const BUFFER_MS = 90 * 60_000;
const LATER_MS = 3_600_000; // old enough for reconcile
const ref = sampleRef(NOON_MS);
const day = rawName(ref).slice(0, 10);
/** One rendition, so that orders of renditions among themselves do not multiply what is searched. */
const plans = JSON.stringify({
  default: { renditions: [{ name: "thumb", width: 200, height: 200, fit: "cover" }] },
});

/** A port that may create in the raw bucket, as the doors may. */
type Doors = WorldPorts & { readonly raw: TestWorld["raw"] };

const write = { contentType: "application/octet-stream", customTimeMs: NOON_MS };

/** A delivery that fails is repeated. */
async function deliver(ports: WorldPorts, objectName: string, attempt = 1): Promise<void> {
  try {
    await processImage(ports, { objectName, attempt });
  } catch (error) {
    if (!isAppError(error)) throw error;
    await deliver(ports, objectName, attempt + 1);
  }
}

const upload: Walk = {
  name: "upload",
  isMortal: true,
  run: async (ports) => {
    const { raw } = ports as Doors; // the gated store itself
    await raw.create(rawName(ref), PNG_PIXEL, { ...write, contentType: "image/png" });
    await deliver(ports, rawName(ref));
  },
};
const delivery: Walk = {
  name: "delivery",
  isMortal: true,
  run: (ports) => deliver(ports, rawName(ref)),
};
/** The owner's wish; its own event is delivered like any other. */
const erasure: Walk = {
  name: "erasure",
  run: async (ports) => {
    const { raw } = ports as Doors; // likewise
    await raw.create(markerName(ref), new Uint8Array(), write);
    await deliver(ports, markerName(ref));
  },
};
const markerEvent: Walk = {
  name: "marker's event",
  isMortal: true,
  run: (ports) => deliver(ports, markerName(ref)),
};
const sweep: Walk = {
  name: "sweep",
  isMortal: true,
  run: (ports) => runMarkers(ports, { nowMs: ports.clock.now(), policy: ports.policy }),
};
const deadLetter: Walk = {
  name: "dead letter",
  isMortal: true,
  run: (ports) => markFailed(ports, { objectName: rawName(ref), attempt: 1 }),
};
const repair: Walk = { name: "reconcile", isMortal: true, run: (ports) => reconcile(ports) };

function makeWorld(bufferMs: number): TestWorld {
  const world = new TestWorld({
    plans,
    bufferMs,
    processed: { generationsBefore: PROCESSED_GENERATIONS_BEFORE },
  });
  // Without Web Crypto, whose answers need more than microtasks.
  const hashing = { ...portableHashing, sha256: () => Promise.resolve("ab".repeat(32)) };
  return Object.assign(world, { ports: { ...world.ports, hashing } });
}

/** Every call but the listings of days on which nothing is. */
const everyCall = (call: string) => !/\.list \d{4}-/.test(call) || call.includes(day);
/**
 * Every call that makes something, every look for the marker, and the removals of raw object and rows; the removals of
 * processed objects, and other looks, happen as soon as they are asked for.
 */
const everyChange = (call: string) =>
  /\.(create|replace|append|hide) |^(raw|rows)\.remove |^raw\.(stat|list) erase\//.test(call);

/** Who sees the marker erases, and nothing else matters any more. */
const isMarkerSeen: Search["forgets"] = (call, answer) =>
  call.startsWith("raw.stat erase/") && answer !== null;
/** How much was removed is told, and nobody goes by it. */
const withoutCounts: Search["matters"] = (call, answer) => {
  if (!/\.remove /.test(call)) return answer;
  return typeof answer === "object" && answer !== null && "state" in answer ? answer.state : "done";
};

interface SearchOptions {
  readonly bufferMs?: number;
  readonly isUploaded?: boolean;
  readonly isStep?: Search["isStep"];
  readonly deaths?: number;
}

async function search(
  walks: readonly Walk[],
  { bufferMs = 0, isUploaded = true, isStep = everyCall, deaths = 1 }: SearchOptions = {},
): Promise<SearchSize> {
  const world = makeWorld(bufferMs);
  if (isUploaded) await world.upload(ref);
  if (!walks.includes(erasure)) await world.mark(ref);
  world.clock.nowMs += LATER_MS;
  const hold = bufferMs === 0 ? holdErased : holdHidden;
  return await searchOrders({
    world,
    walks,
    deaths,
    isStep,
    forgets: isMarkerSeen,
    matters: withoutCounts,
    atEnd: (end) => hold(world, end),
  });
}

type End = Parameters<Search["atEnd"]>[0];

/** Without a death all is over; with one, the next sweep ends it, even if nothing is ever delivered again. */
async function holdErased(world: TestWorld, { died, path }: End): Promise<void> {
  if (died > 0) await sweep.run(world.ports);
  assertErased(world, ref, path);
}

/** Rows that cannot go yet are hidden, and no receipt says that they are gone; the sweep after the buffer ends it. */
async function holdHidden(world: TestWorld, { died, path }: End): Promise<void> {
  if (died > 0) await sweep.run(world.ports);
  const row = newestRowOf(world, ref);
  const isHidden = world.rows.rows().some(({ status }) => status === "erased");
  assert.equal(isHidden, row !== undefined, path);
  assert.equal(world.processed.names().includes(receiptName(ref)), row === undefined, path);
  world.clock.nowMs += BUFFER_MS;
  await sweep.run(world.ports);
  assertErased(world, ref, path);
}

const TWO: Readonly<Record<string, () => Promise<SearchSize>>> = {
  "an upload that is ending, and every death": () =>
    search([erasure, upload], { isUploaded: false }),
  "processing, and every death": () => search([erasure, delivery]),
  "processing whose row a buffer holds, and every death": () =>
    search([erasure, delivery], { bufferMs: BUFFER_MS }),
  "a dead letter, and every death": () => search([erasure, deadLetter]),
  "reconcile, and every death": () => search([erasure, repair]),
  "its own event, delivered twice, and every death": () => search([markerEvent, markerEvent]),
  "itself in two sweeps at once, and every death": () => search([sweep, sweep]),
};
const THREE: Readonly<Record<string, () => Promise<SearchSize>>> = {
  "two deliveries at once": () =>
    search([erasure, delivery, delivery], { isStep: everyChange, deaths: 0 }),
  "processing and a dead letter": () =>
    search([erasure, delivery, deadLetter], { isStep: everyChange, deaths: 0 }),
  "processing and a sweep, and every death": () =>
    search([erasure, delivery, sweep], { isStep: everyChange }),
  "processing whose row a buffer holds and a sweep": () =>
    search([erasure, delivery, sweep], { isStep: everyChange, deaths: 0, bufferMs: BUFFER_MS }),
};

// Before the first test, as a runner that follows every promise of its tests takes ten times as long for this.
const searched = [];
for (const [what, run] of [...Object.entries(TWO), ...Object.entries(THREE)]) {
  searched.push({ what, outcome: await settled(run()) });
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.allSettled([work]);
  return outcome;
}

for (const { what, outcome } of searched) {
  test(`erasure wins every order against ${what}`, (context) => {
    if (outcome.status === "rejected") throw outcome.reason;
    const { states, steps, ends, longest } = outcome.value;
    context.diagnostic?.(`${states} states, ${steps} steps, ${ends} ends, up to ${longest} steps`);
    assert.ok(states > 50 && longest > 10, `${states} states of up to ${longest} steps`);
  });
}

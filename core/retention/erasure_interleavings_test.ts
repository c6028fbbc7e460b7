/**
 * Erasure against every walk that writes for an image, in every order of their port calls, and with a process that dies
 * after any of them. Two walks are searched with every call as a step, and a death after each. Three are searched with
 * every call as a step that makes something, looks for the marker, or removes the raw object or rows; with the sweep as
 * the third, a death after each of these too.
 */
import assert from "node:assert/strict";
import { markerName, rawName, receiptName } from "../model/object_name.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { reconcile } from "../processing/reconcile.ts";
import { assertErased, newestRowOf } from "../testing/assert_ready.ts";
import { PNG_PIXEL } from "../testing/sample_images.ts";
import { NOON_MS, type TestWorld } from "../testing/test_world.ts";
import { type Search, searchOrders, type SearchSize, type Walk } from "./_interleaving_testing.ts";
import {
  deliver,
  erasure,
  everyCall,
  isMarkerSeen,
  LATER_MS,
  mortal,
  rawOf,
  ref,
  searchedWorld,
  sweep,
  testSearches,
} from "./_walks_testing.ts";

const BUFFER_MS = 90 * 60_000;

const upload = mortal("upload", async (ports) => {
  const write = { contentType: "image/png", customTimeMs: NOON_MS };
  await rawOf(ports).create(rawName(ref), PNG_PIXEL, write);
  await deliver(ports, rawName(ref));
});
const delivery = mortal("delivery", (ports) => deliver(ports, rawName(ref)));
const markerEvent = mortal("marker's event", (ports) => deliver(ports, markerName(ref)));
const deadLetter = mortal(
  "dead letter",
  (ports) => markFailed(ports, { objectName: rawName(ref), attempt: 1 }),
);
const repair = mortal("reconcile", (ports) => reconcile(ports));

/**
 * Every call that makes something, every look for the marker, and the removals of raw object and rows; the removals of
 * processed objects, and other looks, happen as soon as they are asked for.
 */
const everyChange = (call: string) =>
  /\.(create|replace|append|hide) |^(raw|rows)\.remove |^raw\.(stat|list) erase\//.test(call);

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
  const world = searchedWorld({ bufferMs });
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

/** Without deaths. */
const changes = { isStep: everyChange, deaths: 0 };

await testSearches({
  "erasure wins every order against": {
    "an upload that is ending, and every death": () =>
      search([erasure, upload], { isUploaded: false }),
    "processing, and every death": () => search([erasure, delivery]),
    "processing whose row a buffer holds, and every death": () =>
      search([erasure, delivery], { bufferMs: BUFFER_MS }),
    "a dead letter, and every death": () => search([erasure, deadLetter]),
    "reconcile, and every death": () => search([erasure, repair]),
    "its own event, delivered twice, and every death": () => search([markerEvent, markerEvent]),
    "itself in two sweeps at once, and every death": () => search([sweep, sweep]),
    "two deliveries at once": () => search([erasure, delivery, delivery], changes),
    "processing and a dead letter": () => search([erasure, delivery, deadLetter], changes),
    "processing and a sweep, and every death": () =>
      search([erasure, delivery, sweep], { ...changes, deaths: 1 }),
    "processing whose row a buffer holds and a sweep": () =>
      search([erasure, delivery, sweep], { ...changes, bufferMs: BUFFER_MS }),
  },
});

/**
 * Erasure against every flow that writes for an image, in every order of their port calls, and with a process that dies
 * after any of them. Two are searched with every call as a step, and a death after each. Three are searched with every
 * call as a step that makes an object or looks for the request; with the keeper as the third, every change is one, and a
 * death after each.
 */
import assert from "node:assert/strict";
import { erasingName, rawName, receiptName } from "../model/object_name.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { assertErased } from "../testing/assert_ready.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { PNG_PIXEL } from "../testing/sample_images.ts";
import { NOON_MS } from "../testing/test_world.ts";
import {
  type End,
  type Search,
  searchOrders,
  type SearchSize,
  type Walk,
} from "./_interleaving_testing.ts";
import {
  deliver,
  deliverRequest,
  erasure,
  everyCall,
  FIRST_GENERATION,
  isRequestSeen,
  keeper,
  LATER_MS,
  mortal,
  ref,
  searchedWorld,
  settle,
  shards,
  storeOf,
  testSearches,
} from "./_walks_testing.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { repairImages } from "./repair_images.ts";

const upload = mortal("upload", async (ports) => {
  const write = { contentType: "image/png", customTimeMs: NOON_MS };
  await storeOf(ports.raw).create(rawName(ref), PNG_PIXEL, write);
  await deliver(ports);
});
const delivery = mortal("delivery", (ports) => deliver(ports));
const request = mortal("request's event", (ports) => deliverRequest(ports));
const deadLetter = mortal(
  "dead letter",
  (ports) =>
    markFailed(ports, { objectName: rawName(ref), generation: FIRST_GENERATION, attempt: 1 }),
);
const repair = mortal("repair", async (ports) => {
  const found: string[] = [];
  const events = {
    republish: async (_: unknown, objects: readonly { name: string }[]) =>
      void found.push(...objects.map(({ name }) => name)),
  };
  // Its own, as what it notes is no part of a state.
  const notes = new MemoryObjectStore();
  await repairImages({ ...ports, events, notes }, { shards, sinceMs: 0, hasFailed: false });
  for (const _ of found) await deliver(ports);
});

/**
 * Every call that makes something, every look for the request, and the removals of raw object and rows; the removals of
 * processed objects, and other looks, happen as soon as they are asked for.
 */
const everyChange = (call: string) =>
  /\.(create|replace|publish) |^raw\.remove |^erasures\.stat |^rows\./.test(call);

/** Every call that makes an object, and every look for the request. */
const everyWrite = (call: string) => /\.(create|replace) |^erasures\.stat /.test(call);

/** How much was removed matters to nobody. */
const withoutCounts: Search["matters"] = (call, answer) =>
  /\.remove(Erased)? /.test(call) ? "done" : answer;

interface SearchOptions {
  /** Whether the subscription delivers records only when all is over, the erased one first. */
  readonly hasBacklog?: boolean;
  readonly isUploaded?: boolean;
  readonly isStep?: Search["isStep"];
  readonly deaths?: number;
  readonly afterMs?: number;
}

async function search(
  walks: readonly Walk[],
  {
    hasBacklog = false,
    isUploaded = true,
    isStep = everyCall,
    deaths = 1,
    afterMs = LATER_MS,
  }: SearchOptions = {},
): Promise<SearchSize> {
  const makeWorld = async () => {
    const world = searchedWorld({});
    if (hasBacklog) world.rows.hold();
    if (isUploaded) await world.upload(ref);
    if (!walks.includes(erasure)) await world.requestErasure(ref);
    world.clock.nowMs += afterMs;
    return world;
  };
  return await searchOrders({
    makeWorld,
    walks,
    deaths,
    isStep,
    forgets: isRequestSeen,
    matters: withoutCounts,
    atEnd: hasBacklog ? holdBacklog : holdErased,
  });
}

/** Who died is delivered again; the keeper does the rest, even if no event of the request ever comes. */
async function holdErased({ world, died, path }: End): Promise<void> {
  await settle(world, died);
  assertErased(world, ref, path);
  const erased = world.rows.records().filter(({ attributes }) =>
    attributes.type === "image.erased"
  );
  const ids = new Set(erased.map(({ attributes }) => attributes.event_id));
  assert.equal(ids.size, world.processed.names().includes(erasingName(ref)) ? 1 : 0, path);
}

/** While the record waits there is no receipt for what was found, and a row that comes after the receipt goes too. */
async function holdBacklog({ world, died, path }: End): Promise<void> {
  await settle(world, died);
  const names = world.processed.names();
  const isErasing = names.includes(erasingName(ref));
  assert.equal(names.includes(receiptName(ref)), !isErasing, path);
  world.rows.deliver("erased");
  await settle(world, died);
  assert.ok(world.processed.names().includes(receiptName(ref)), path);
  world.rows.deliver();
  await settle(world, died);
  assertErased(world, ref, path);
}

const changes = { isStep: everyChange };
/** Without deaths. */
const writes = { isStep: everyWrite, deaths: 0 };
const { periodMs, closingMs } = RETENTION_POLICY;

await testSearches({
  "erasure wins every order against": {
    "an upload that is ending, and every death": () =>
      search([erasure, upload], { isUploaded: false }),
    "processing, and every death": () => search([erasure, delivery]),
    "processing whose record comes late, and every death": () =>
      search([erasure, delivery], { hasBacklog: true }),
    "processing behind the write cutoff, and every death": () =>
      search([erasure, delivery], { afterMs: periodMs - closingMs + 1 }),
    "a dead letter, and every death": () => search([erasure, deadLetter]),
    "repair, and every death": () => search([erasure, repair]),
    "its own event, delivered twice, and every death": () => search([request, request]),
    "its own event, delivered twice while its record waits": () =>
      search([request, request], { hasBacklog: true, deaths: 0 }),
    "itself in two keepers at once, and every death": () => search([keeper, keeper]),
    "its event and a keeper, and every death": () => search([request, keeper]),
    "its event, processing and a keeper, and every death": () =>
      search([request, delivery, keeper], changes),
    "two deliveries at once": () => search([erasure, delivery, delivery], writes),
    "a second object of its name": () =>
      search([erasure, delivery, upload], { ...writes, isUploaded: false }),
    "processing and a dead letter": () => search([erasure, delivery, deadLetter], writes),
    "processing and a keeper, and every death": () => search([erasure, delivery, keeper], changes),
    "processing whose record comes late and a keeper": () =>
      search([erasure, delivery, keeper], { ...changes, hasBacklog: true, deaths: 0 }),
  },
});

/**
 * Replays against each other, against deliveries and against erasure, and records that are published again against erasure, in every order of
 * their port calls, and with a process that dies after any of them. Without erasure, the manifest pins live renditions
 * after each step of each order.
 */
import assert from "node:assert/strict";
import { isAppError } from "../errors.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { processImage } from "../processing/process_image.ts";
import { replayImage } from "../processing/replay_image.ts";
import { assertErased, assertPinsLive, newestRowOf } from "../testing/assert_ready.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import type { TestWorld } from "../testing/test_world.ts";
import { type Search, searchOrders, type SearchSize, type Walk } from "./_interleaving_testing.ts";
import {
  deliver,
  erasure,
  everyCall,
  isRequestSeen,
  LATER_MS,
  mortal,
  ref,
  searchedWorld,
  settle,
  testSearches,
} from "./_walks_testing.ts";

/** `aheadMs`: its clock's, so that two replays have marks of their own. */
function replayOf(version: string, aheadMs = 0): Walk {
  return mortal(`replay ${version}`, (ports) => {
    const pixels = new FakePixelEngine({ version });
    const clock = { now: () => ports.clock.now() + aheadMs };
    const replay = { ...ports, pixels, clock, processorVersion: version };
    return untilStoresAnswer(() => replayImage(replay, ref));
  });
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

const delivery = mortal("delivery", (ports) => deliver(ports, 2));

interface SearchOptions {
  /** What has become of the image before. */
  readonly begin?: "ready" | "failed";
  readonly isStep?: Search["isStep"];
  readonly deaths?: number;
}

async function makeWorld(begin: "ready" | "failed", arePinsHeld: boolean): Promise<TestWorld> {
  const world: TestWorld = searchedWorld({
    processed: {
      after: async (operation) => {
        const isChange = ["create", "replace", "remove"].includes(operation);
        if (isChange && arePinsHeld) await assertPinsLive(world.processed, ref, operation);
      },
    },
  });
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
  return await searchOrders({
    makeWorld: () => makeWorld(begin, !hasErasure),
    walks,
    deaths,
    isStep,
    forgets: isRequestSeen,
    matters: (_call, answer) => answer,
    atEnd: async ({ world, died, path }) => {
      if (hasErasure) {
        await settle(world, died);
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

/** Every write to the store whose objects a manifest pins, and what a replay begins with and goes by. */
const everyProcessed = (call: string) =>
  /^processed\.(create|replace|remove|list) |^processed\.stat .*manifest/.test(call);

await testSearches({
  "the manifest pins live renditions in every order of a replay and": {
    "another replay, and every death": () => search([replayOf("2"), replayOf("3", 5)]),
    "another replay of the same millisecond": () =>
      search([replayOf("2"), replayOf("3")], { deaths: 0 }),
    "a delivery of an image that failed, and every death": () =>
      search([replayOf("2"), delivery], { begin: "failed" }),
    "a delivery and another replay": () => {
      const options = { begin: "failed", isStep: everyProcessed, deaths: 0 } as const;
      return search([replayOf("2"), replayOf("3", 5), delivery], options);
    },
  },
  "erasure wins every order against": {
    "a replay, and every death": () => search([erasure, replayOf("2")]),
    "a delivery that publishes the record again, and every death": () =>
      search([erasure, delivery]),
  },
});

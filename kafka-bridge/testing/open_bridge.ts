/** A bridge over fakes that ends with its test, and creators that fail as a test says. */
import type { TestContext } from "node:test";
import { AppError } from "@tintype/core/errors";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { Bridge } from "../delivery/bridge.ts";
import type { BridgePorts } from "../delivery/partition.ts";
import { fakePorts, IMAGE_HEADERS, leaseOf, recordOf } from "./fake_ports.ts";

/** As many records of one partition, from an offset on. */
export const recordsOf = (count: number, partition = 0, from = 0) =>
  Array.from(
    { length: count },
    (_, index) => recordOf({ partition, offset: BigInt(from + index) }),
  );

/** A bridge over fakes that ends with the test, and a lease. */
export function openBridge(t: TestContext, override: Partial<BridgePorts> = {}) {
  const world = fakePorts(override);
  const bridge = new Bridge(world.ports);
  t.after(() => bridge.drain());
  return { ...world, bridge, lease: leaseOf() };
}

/** A creator over memory that `before` may delay or fail, by the number of the call and whether its record is `MARKED`. */
export function creatorOf(before: (call: number, isMarked: boolean) => Promise<void>) {
  const store = new MemoryObjectStore();
  let calls = 0;
  const creator: ObjectCreator = {
    async create(name, body, options) {
      await before(calls++, options.metadata?.["traceparent"] !== undefined);
      return await store.create(name, body, options);
    },
  };
  return { store, creator };
}

/** A creator over memory that does something else with marked records. */
export function creatorWithMark(instead: () => Promise<void>) {
  return creatorOf(async (_call, isMarked) => isMarked ? await instead() : undefined);
}

/** The headers of a record that is marked. */
export const MARKED = {
  ...IMAGE_HEADERS,
  "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

/** What a store throws that takes nothing now. */
export const down = () => new AppError("unavailable", "Cannot create raw object");

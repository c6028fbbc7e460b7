import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { requestErasure } from "./request_erasure.ts";

const ref = sampleRef(NOON_MS);

test("requestErasure() writes one empty object of the raw object's name, with T0, and keeps the first", async () => {
  const world = new TestWorld();
  await requestErasure(world, ref);
  const facts = await world.erasures.stat(rawName(ref));
  assert.deepEqual([facts?.size, facts?.customTimeMs, facts?.createdMs], [0, NOON_MS, NOON_MS]);
  world.clock.nowMs += 1000;
  await requestErasure(world, ref);
  assert.deepEqual(await world.erasures.stat(rawName(ref)), facts);
  assert.deepEqual(world.names(), [rawName(ref)]);
});

test("requestErasure() ends with its signal", async () => {
  const world = new TestWorld();
  await assert.rejects(requestErasure(world, ref, { signal: AbortSignal.abort() }));
  assert.deepEqual(world.names(), []);
});

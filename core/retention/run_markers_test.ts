import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import type { ImageRef } from "../model/object_name.ts";
import { stepping, withCalls } from "../testing/crashing_ports.ts";
import { sampleRef, sampleRow } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { MAX_AHEAD_MS, RETENTION_POLICY } from "./policy.ts";
import { runMarkers } from "./run_markers.ts";

const BOUNDS = { nowMs: NOON_MS + 60_000, policy: RETENTION_POLICY };
const ref = sampleRef(NOON_MS);

/** A world that counts its calls by name. */
function countingWorld() {
  const calls = new Map<string, number>();
  const world = new TestWorld();
  const rows = stepping(world.rows, (run, call) => {
    calls.set(call, (calls.get(call) ?? 0) + 1);
    return run();
  });
  return { world, ports: { ...world.ports, rows }, calls };
}

async function erased({ world }: { readonly world: TestWorld }, image: ImageRef): Promise<void> {
  await world.process(image);
  await world.mark(image);
  await runMarkers(world.ports, BOUNDS);
  assert.deepEqual(world.rows.rows(), []);
}

test("runMarkers() leaves a marker of a T0 that no door can have given to those who report it", async () => {
  const world = new TestWorld();
  await world.mark(sampleRef(BOUNDS.nowMs + MAX_AHEAD_MS + 1));
  const { markers } = await runMarkers(world.ports, BOUNDS);
  assert.deepEqual(markers, { live: 0, erased: 0, waiting: 0 });
  assert.deepEqual(world.processed.names(), []);
});

test("runMarkers() asks the warehouse once for all markers and deletes nothing where all is gone", async () => {
  const counting = countingWorld();
  for (const image of [ref, sampleRef(NOON_MS + 1), sampleRef(NOON_MS + 2)]) {
    await erased(counting, image);
  }
  const { markers } = await runMarkers(counting.ports, BOUNDS);
  assert.deepEqual(markers, { live: 3, erased: 3, waiting: 0 });
  assert.deepEqual([...counting.calls], [["held", 1]]);
});

test("runMarkers() asks about a thousand markers at a time", async () => {
  const counting = countingWorld();
  for (let index = 0; index < 1_001; index++) {
    await counting.world.mark(sampleRef(NOON_MS + index));
  }
  const { markers } = await runMarkers(counting.ports, BOUNDS);
  assert.deepEqual(markers, { live: 1_001, erased: 1_001, waiting: 0 });
  assert.equal(counting.calls.get("held"), 2);
});

test("runMarkers() erases again what came back: a row, a rendition, the raw object", async () => {
  const { world, ports } = countingWorld();
  await erased({ world }, ref);
  await world.rows.append(sampleRow(ref));
  await runMarkers(ports, BOUNDS);
  assert.deepEqual(world.rows.rows(), []);
  await world.upload(ref);
  await runMarkers(ports, BOUNDS);
  assert.equal(world.raw.names().length, 1, "the marker alone");
});

test("runMarkers() looks at each row for itself where the warehouse has no answer for all", async () => {
  const { world, ports, calls } = countingWorld();
  await erased({ world }, ref);
  const held = () => Promise.reject(new AppError("unavailable", "The warehouse is away"));
  const rows = withCalls(ports.rows, { held });
  const { markers } = await runMarkers({ ...ports, rows }, BOUNDS);
  assert.deepEqual(markers, { live: 1, erased: 1, waiting: 0 });
  assert.ok((calls.get("remove") ?? 0) > 0);
});

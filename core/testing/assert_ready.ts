import assert from "node:assert/strict";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import {
  erasingName,
  type ImageRef,
  manifestName,
  type ObjectName,
  rawName,
  receiptName,
} from "../model/object_name.ts";
import type { MemoryObjectStore } from "./memory_object_store.ts";
import type { TestWorld } from "./test_world.ts";

/** Holds that whatever the manifest pins is live; answers the manifest, undefined where there is none. */
export async function assertPinsLive(
  processed: MemoryObjectStore,
  ref: ImageRef,
  at = "",
): Promise<Manifest | undefined> {
  const bytes = await processed.read(manifestName(ref));
  if (bytes === null) return undefined;
  const manifest = parseManifest(bytes);
  for (const { object, generation, bytes, contentType } of manifest.renditions) {
    const facts = await processed.stat(object as ObjectName); // a name that the processor wrote
    const found = [facts?.generation, facts?.size, facts?.contentType];
    assert.deepEqual(found, [generation, bytes, contentType], `${object} ${at}`);
  }
  return manifest;
}

/** The manifest that is there, or an AssertionError. */
export async function manifestOf(world: TestWorld, ref: ImageRef, at = ""): Promise<Manifest> {
  const bytes = await world.processed.read(manifestName(ref));
  assert.ok(bytes !== null, `there is a manifest ${at}`);
  return parseManifest(bytes);
}

/** Status of the row that readers take: the newest one of the image; undefined where there is none. */
export function newestRowOf(world: TestWorld, ref: ImageRef) {
  const mine = world.rows.rows().filter(({ image_id }) => image_id === ref.imageId);
  return mine.sort((a, b) => String(a.processed_at) < String(b.processed_at) ? 1 : -1).at(0);
}

/** Holds that the image is ready: one manifest, every rendition pinned live and there once, and rows that say so. */
export async function assertReady(world: TestWorld, ref: ImageRef, at = ""): Promise<Manifest> {
  const manifest = await assertPinsLive(world.processed, ref, at);
  assert.ok(manifest?.status === "ready", `the manifest is ready ${at}`);
  assert.ok(manifest.renditions.length > 0, at);
  const names = world.processed.names().filter((name) => name.includes(ref.imageId));
  const expected = [manifestName(ref), ...manifest.renditions.map(({ object }) => object)];
  assert.deepEqual(names, expected.toSorted(), at);
  assert.equal(newestRowOf(world, ref)?.status, "ready", at);
  return manifest;
}

/**
 * Holds that nothing of the image is left but its request, its receipt, and where something was found to erase, that this
 * was so; and no row but the tombstone.
 */
export function assertErased(world: TestWorld, ref: ImageRef, at = ""): void {
  const names = world.names().filter((name) => name.includes(ref.imageId));
  const left = [receiptName(ref), erasingName(ref), rawName(ref)];
  assert.deepEqual(names.filter((name) => !left.includes(name as ObjectName)), [], at);
  assert.ok(names.includes(receiptName(ref)), `there is a receipt ${at}`);
  assert.deepEqual(world.raw.names().filter((name) => name.includes(ref.imageId)), [], at);
  const statuses = world.rows.rows().filter(({ image_id }) => image_id === ref.imageId)
    .map(({ status }) => status);
  assert.deepEqual(statuses.filter((status) => status !== "erased"), [], at);
  assert.equal(statuses.length > 0, names.includes(erasingName(ref)), at);
}

import assert from "node:assert/strict";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import { type ImageRef, manifestName, type ObjectName } from "../model/object_name.ts";
import type { MemoryObjectStore } from "./memory_object_store.ts";

/** Holds that whatever the manifest pins is live; answers the manifest, undefined where there is none. */
export async function assertPinsLive(
  processed: MemoryObjectStore,
  ref: ImageRef,
  at = "",
): Promise<Manifest | undefined> {
  const bytes = await processed.read(manifestName(ref));
  if (bytes === null) return undefined;
  const manifest = parseManifest(bytes);
  for (const { object, generation } of manifest.renditions) {
    const facts = await processed.stat(object as ObjectName); // a name that the processor wrote
    assert.equal(facts?.generation, generation, `${object} ${at}`);
  }
  return manifest;
}

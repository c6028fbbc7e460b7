import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRecord, recordOfManifest } from "../model/image_record.ts";
import type { Manifest } from "../model/manifest.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Generation } from "../ports/object_store.ts";
import { isErasureRequested } from "../retention/erase_image.ts";
import type { ProcessImagePorts } from "./process_ports.ts";

/** A manifest as it lies in the store. */
export interface HeldManifest {
  readonly manifest: Manifest;
  readonly generation: Generation;
}

/** What publishing a record needs. */
export type RecordPorts = Pick<
  ProcessImagePorts,
  "erasures" | "records" | "contentKeys" | "hashing"
>;

/**
 * Publishes the record of a manifest that stands, unless its owner has asked for the erasure of the image: whoever runs
 * inside `unlessErased` erases it then.
 */
export async function publishRecord(
  ports: RecordPorts,
  ref: ImageRef,
  held: HeldManifest,
  options: CallOptions,
): Promise<void> {
  if (await isErasureRequested(ports.erasures, ref, options)) return;
  await ports.records.publish(await recordOf(ports, ref, held), options);
}

/** The record of a manifest that stands. */
export async function recordOf(
  { contentKeys, hashing }: Pick<RecordPorts, "contentKeys" | "hashing">,
  ref: ImageRef,
  { manifest, generation }: HeldManifest,
): Promise<ImageRecord> {
  const { sha256 } = manifest;
  const contentKey = sha256 === undefined
    ? undefined
    : await contentKeys.contentKeyOf(t0OfImageId(ref.imageId), sha256);
  return await recordOfManifest(hashing, { ref, manifest, generation, contentKey });
}

/**
 * What an owner may know of an image: whether it is there, under way, or done.
 * Marker, raw name and manifest are looked up at once, the same three calls for any id, so that an id of
 * somebody else's costs and says what an id that never was does.
 */
import { findName } from "../listing.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ImageId } from "../model/image_id.ts";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import { type ImageRef, manifestName, markerName, rawName } from "../model/object_name.ts";
import type { Owner } from "../model/owner.ts";
import type { Tenant } from "../model/tenant.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";

/** What is there of an image. */
export type FoundImage =
  | { readonly state: "none" }
  | { readonly state: "erased"; readonly ref: ImageRef }
  | { readonly state: "processing"; readonly ref: ImageRef; readonly bytes: number }
  | { readonly state: "done"; readonly ref: ImageRef; readonly manifest: Manifest };

/** What reading needs: names of the raw bucket, objects of the processed one. */
export interface ReadingPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectReader;
}

/** Whose image, under every pseudonym the owner may have, newest key first. */
export interface ImageQuestion {
  readonly tenant: Tenant;
  readonly owners: readonly Owner[];
  readonly imageId: ImageId;
}

/** Finds an image under any of its owner's pseudonyms. An erased one is `erased`, whatever else is still there. */
export async function findImage(
  ports: ReadingPorts,
  { tenant, owners, imageId }: ImageQuestion,
  options: CallOptions = {},
): Promise<FoundImage> {
  const found = await Promise.all(
    owners.map((owner) => look(ports, { tenant, owner, imageId }, options)),
  );
  return found.find(({ state }) => state === "erased") ??
    found.find(({ state }) => state === "done") ??
    found.find(({ state }) => state === "processing") ??
    { state: "none" };
}

/** Whether an image has come to an end, under any of its owner's pseudonyms: one look-up each, for those who wait. */
export async function hasManifest(
  { processed }: Pick<ReadingPorts, "processed">,
  { tenant, owners, imageId }: ImageQuestion,
  options: CallOptions = {},
): Promise<boolean> {
  const manifests = await Promise.all(
    owners.map((owner) => processed.read(manifestName({ tenant, owner, imageId }), options)),
  );
  return manifests.some((manifest) => manifest !== null);
}

async function look(
  ports: ReadingPorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<FoundImage> {
  const [marker, raw, manifest] = await Promise.all([
    findName(ports.raw, markerName(ref), options),
    findName(ports.raw, rawName(ref), options),
    ports.processed.read(manifestName(ref), options),
  ]);
  if (marker !== undefined) return { state: "erased", ref };
  if (manifest !== null) return { state: "done", ref, manifest: parseManifest(manifest) };
  return raw === undefined ? { state: "none" } : { state: "processing", ref, bytes: raw.size };
}

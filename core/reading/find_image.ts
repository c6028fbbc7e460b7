/**
 * What an owner may know of an image: whether it is there, under way, or done. Request and manifest are read at once; only
 * where there is neither is the raw name listed. An id of somebody else's costs and says what an id that never was does.
 */
import { findName } from "../listing.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import { type ImageRef, manifestName, rawName } from "../model/object_name.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";

/** An image that is there, or was. */
export type SeenImage =
  | { readonly state: "erased"; readonly ref: ImageRef }
  | { readonly state: "processing"; readonly ref: ImageRef; readonly bytes: number }
  | { readonly state: "done"; readonly ref: ImageRef; readonly manifest: Manifest };

/** What is there of an image. */
export type FoundImage = { readonly state: "none" } | SeenImage;

/** What reading needs: names of the raw bucket, objects of the two others. */
export interface ReadingPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectReader;
  readonly erasures: ObjectReader;
}

/** Finds an image. An erased one is `erased`, whatever else is still there. */
export async function findImage(
  ports: ReadingPorts,
  ref: ImageRef,
  options: CallOptions = {},
): Promise<FoundImage> {
  const final = await findFinal(ports, ref, options);
  if (final !== undefined) return final;
  const raw = await findName(ports.raw, rawName(ref), options);
  return raw === undefined ? { state: "none" } : { state: "processing", ref, bytes: raw.size };
}

/** An image that was seen in a listing, `bytes` long. */
export async function findListed(
  ports: Omit<ReadingPorts, "raw">,
  { ref, bytes }: { readonly ref: ImageRef; readonly bytes: number },
  options: CallOptions = {},
): Promise<SeenImage> {
  return await findFinal(ports, ref, options) ?? { state: "processing", ref, bytes };
}

async function findFinal(
  { processed, erasures }: Omit<ReadingPorts, "raw">,
  ref: ImageRef,
  options: CallOptions,
): Promise<SeenImage | undefined> {
  const [request, manifest] = await Promise.all([
    erasures.stat(rawName(ref), options),
    processed.read(manifestName(ref), options),
  ]);
  if (request !== null) return { state: "erased", ref };
  return manifest === null ? undefined : { state: "done", ref, manifest: parseManifest(manifest) };
}

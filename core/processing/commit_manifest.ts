import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { rowOfManifest } from "../model/image_row.ts";
import { isFinal, type Manifest, parseManifest, serializeManifest } from "../model/manifest.ts";
import { type ImageRef, manifestName } from "../model/object_name.ts";
import type { Generation, ObjectReader } from "../ports/object_store.ts";
import { phaseOf } from "../retention/policy.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";

/** A manifest as it lies in the store. */
export interface HeldManifest {
  readonly manifest: Manifest;
  readonly generation: Generation;
}

/** An image and the manifest that is to be its own. */
export interface ImageManifest {
  readonly ref: ImageRef;
  readonly manifest: Manifest;
}

/** What committing needs. */
type CommitPorts = Pick<ProcessImagePorts, "processed" | "rows" | "clock" | "policy">;

/** Attempts to put a manifest that others write at the same time. */
const MAX_ATTEMPTS = 4;

/** The manifest that is there and the generation it has, or null. */
export async function readManifest(
  store: ObjectReader,
  ref: ImageRef,
  options: CallOptions,
): Promise<HeldManifest | null> {
  const facts = await store.stat(manifestName(ref), options);
  if (facts === null) return null;
  const bytes = await store.read(manifestName(ref), { generation: facts.generation, ...options });
  return bytes === null ? null : { manifest: parseManifest(bytes), generation: facts.generation };
}

/**
 * Appends the row, then puts the manifest: the commit point. A final manifest replaces a `failed` one by its
 * generation and never another final one. Nothing is inserted in closing time, when rows could not be removed in time.
 */
export async function commitManifest(
  ports: CommitPorts,
  image: ImageManifest,
  options: CallOptions,
): Promise<ProcessOutcome> {
  const { ref, manifest } = image;
  const isKept = phaseOf(ref.imageId, ports.policy, ports.clock.now()) === "kept";
  if (isKept) await ports.rows.append(rowOfManifest(ref, manifest), options);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const held = attempt === 0 ? null : await readManifest(ports.processed, ref, options);
    if (held !== null && (isFinal(held.manifest) || !isFinal(manifest))) {
      if (isKept) await correctRow(ports, image, held.manifest, options);
      return { outcome: "already", ref };
    }
    if (await put(ports, image, held, options)) return { outcome: "done", ref, manifest };
  }
  throw new AppError("unavailable", "Cannot commit manifest as others keep writing it");
}

/**
 * Appends a replay's row and puts its manifest in the place of the very one that it began with; false where another walk
 * has replaced or erased that meanwhile.
 */
export async function replaceManifest(
  ports: CommitPorts,
  image: ImageManifest,
  held: HeldManifest,
  options: CallOptions,
): Promise<boolean> {
  const { ref, manifest } = image;
  await ports.rows.append(rowOfManifest(ref, manifest), options);
  if (await put(ports, image, held, options)) return true;
  const standing = await readManifest(ports.processed, ref, options);
  if (standing !== null) await putRowOnTop(ports, image, standing.manifest, options);
  return false;
}

/** Readers take an image's newest row: where ours contradicts the manifest that stands, that one's row goes on top. */
async function correctRow(
  ports: CommitPorts,
  image: ImageManifest,
  stands: Manifest,
  options: CallOptions,
): Promise<void> {
  const { manifest } = image;
  const isSame = stands.status === manifest.status && stands.reason === manifest.reason &&
    stands.processorVersion === manifest.processorVersion;
  if (!isSame) await putRowOnTop(ports, image, stands, options);
}

async function putRowOnTop(
  { rows, clock }: CommitPorts,
  { ref, manifest }: ImageManifest,
  stands: Manifest,
  options: CallOptions,
): Promise<void> {
  const newestMs = Math.max(clock.now(), Date.parse(manifest.processedAt) + 1);
  const processedAt = new Date(newestMs).toISOString();
  // An attempt of its own, as the warehouse drops what looks like a row that it was given a minute ago.
  const attempt = Math.max(stands.attempt, manifest.attempt) + 1;
  await rows.append(rowOfManifest(ref, { ...stands, attempt, processedAt }), options);
}

async function put(
  { processed }: CommitPorts,
  { ref, manifest }: ImageManifest,
  held: HeldManifest | null,
  options: CallOptions,
): Promise<boolean> {
  const name = manifestName(ref);
  const bytes = serializeManifest(manifest);
  const write = {
    contentType: "application/json",
    customTimeMs: t0OfImageId(ref.imageId),
    // A hint for listings, so that reconcile need not read every manifest.
    metadata: { status: manifest.status },
    ...options,
  };
  if (held === null) return (await processed.create(name, bytes, write)).created;
  return await processed.replace(name, bytes, { ...write, ifGeneration: held.generation }) !== null;
}

import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { isFinal, type Manifest, parseManifest, serializeManifest } from "../model/manifest.ts";
import { type ImageRef, manifestName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectReader } from "../ports/object_store.ts";
import type { ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { type HeldManifest, publishRecord, type RecordPorts } from "./publish_record.ts";

/** An image and the manifest that is to be its own. */
export interface ImageManifest {
  readonly ref: ImageRef;
  readonly manifest: Manifest;
}

/** How to commit. */
interface CommitOptions extends CallOptions {
  /** The manifest that was there before the work began. */
  readonly previous: HeldManifest | null;
}

/** What committing needs. */
type CommitPorts = RecordPorts & Pick<ProcessImagePorts, "processed">;

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
 * Puts the manifest, the commit point, then publishes its record. A manifest replaces a `failed` one by its generation and
 * never a final one: where one stands, its record is published.
 */
export async function commitManifest(
  ports: CommitPorts,
  { ref, manifest }: ImageManifest,
  { previous, ...options }: CommitOptions,
): Promise<ProcessOutcome> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const held = attempt === 0 ? previous : await readManifest(ports.processed, ref, options);
    if (held !== null && isFinal(held.manifest)) {
      await publishRecord(ports, ref, held, options);
      return { outcome: "already", ref };
    }
    const stands = await put(ports, { ref, manifest }, held, options);
    if (stands === null) continue;
    await publishRecord(ports, ref, stands, options);
    return { outcome: "done", ref, manifest };
  }
  throw new AppError("unavailable", "Cannot commit manifest: others keep writing it");
}

/**
 * Puts a replay's manifest in the place of the very one that it began with and publishes its record; false where another
 * attempt has replaced or erased that meanwhile.
 */
export async function replaceManifest(
  ports: CommitPorts,
  image: ImageManifest,
  held: HeldManifest,
  options: CallOptions,
): Promise<boolean> {
  const stands = await put(ports, image, held, options);
  if (stands === null) return false;
  await publishRecord(ports, image.ref, stands, options);
  return true;
}

async function put(
  { processed }: CommitPorts,
  { ref, manifest }: ImageManifest,
  held: HeldManifest | null,
  options: CallOptions,
): Promise<HeldManifest | null> {
  const next = held === null ? manifest : newerThan(held.manifest, manifest);
  const name = manifestName(ref);
  const bytes = serializeManifest(next);
  const write = {
    contentType: "application/json",
    customTimeMs: t0OfImageId(ref.imageId),
    ...options,
  };
  if (held !== null) {
    const generation = await processed.replace(name, bytes, {
      ...write,
      ifGeneration: held.generation,
    });
    return generation === null ? null : { manifest: next, generation };
  }
  const created = await processed.create(name, bytes, write);
  return created.created ? { manifest: next, generation: created.generation } : null;
}

/** Readers take an image's newest row, and this machine's clock may be behind the one that wrote the manifest before. */
function newerThan(before: Manifest, manifest: Manifest): Manifest {
  const newestMs = Math.max(Date.parse(manifest.processedAt), Date.parse(before.processedAt) + 1);
  return { ...manifest, processedAt: new Date(newestMs).toISOString() };
}

/**
 * One image processed again by force, as a table of contents: erasure request, manifest, raw object; rendered anew, stored under
 * names of its own; row, manifest by its generation; what only the old manifest had; erasure request. The manifest pins live
 * renditions at every moment, and whoever stops in between leaves the old one as it was.
 */
import { walkNames } from "../listing.ts";
import type { Force } from "../model/force.ts";
import { isFinal, LAST_DELIVERY_ATTEMPT, type Manifest } from "../model/manifest.ts";
import { type ImageRef, manifestName, processedPrefix, rawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts } from "../ports/object_store.ts";
import { phaseOf } from "../retention/policy.ts";
import { type ImageManifest, readManifest, replaceManifest } from "./commit_manifest.ts";
import type { HeldManifest } from "./publish_record.ts";
import { runStages } from "./run_stages.ts";
import type { ErasedOutcome, ProcessImagePorts } from "./process_ports.ts";
import { type RawImage, rawImageOf } from "./raw_image.ts";
import { unlessErased } from "./unless_erased.ts";

/** What a replay may do. */
interface ReplayOptions extends CallOptions, Partial<Force> {
  readonly isSlow?: boolean | undefined;
}

/** What became of a replay. */
type ReplayOutcome =
  | {
    readonly outcome: "replayed";
    readonly ref: ImageRef;
    readonly manifest: Manifest;
    /** What it was before. */
    readonly was: Manifest["status"];
  }
  /** It is ready and would have been rejected: nothing was changed. */
  | { readonly outcome: "kept"; readonly ref: ImageRef; readonly manifest: Manifest }
  /** Its manifest is of this very version, or not of before the time that is given. */
  | { readonly outcome: "current"; readonly ref: ImageRef }
  /** Another walk changed it meanwhile: that one counts. */
  | { readonly outcome: "overtaken"; readonly ref: ImageRef }
  /** No delivery has brought it to an end yet: that is reconcile's work. */
  | { readonly outcome: "open"; readonly ref: ImageRef }
  /** Its write cutoff has passed: nothing is written any more. */
  | { readonly outcome: "too_late"; readonly ref: ImageRef }
  /** Its raw object is not there (any more). */
  | { readonly outcome: "gone"; readonly ref: ImageRef }
  | ErasedOutcome;

/** Processes an image again, whatever became of it before. Throws AppErrors of the stores: it is as it was. */
export async function replayImage(
  ports: ProcessImagePorts,
  ref: ImageRef,
  options: ReplayOptions = {},
): Promise<ReplayOutcome> {
  return await unlessErased(ports, ref, () => replay(ports, ref, options), options);
}

async function replay(
  ports: ProcessImagePorts,
  ref: ImageRef,
  options: ReplayOptions,
): Promise<ReplayOutcome> {
  if (isTooLate(ports, ref)) return { outcome: "too_late", ref };
  const held = await readManifest(ports.processed, ref, options);
  if (held === null) return { outcome: "open", ref };
  const { manifest: before } = held;
  if (isFinal(before) && isCurrent(ports, before, options)) return { outcome: "current", ref };
  const object = await ports.raw.stat(rawName(ref), options);
  if (object === null) return { outcome: "gone", ref };
  const manifest = await runAgain(ports, await rawImageOf(ports, ref, object), before, options);
  const isWorse = before.status === "ready" && manifest.status === "rejected";
  if (isWorse && options.mayReject !== true) return { outcome: "kept", ref, manifest };
  return await putInItsPlace(ports, { ref, manifest }, held, options);
}

function isCurrent(
  { processorVersion }: ProcessImagePorts,
  before: Manifest,
  { beforeMs }: ReplayOptions,
): boolean {
  if (beforeMs === undefined) return before.processorVersion === processorVersion;
  return Date.parse(before.processedAt) >= beforeMs;
}

async function runAgain(
  ports: ProcessImagePorts,
  raw: RawImage,
  before: Manifest,
  options: ReplayOptions,
): Promise<Manifest> {
  const attempt = Math.max(before.attempt, LAST_DELIVERY_ATTEMPT) + 1;
  const mark = ports.clock.now().toString(36);
  const { isSlow, signal } = options;
  const manifest = await runStages(ports, raw, { attempt, mark, isSlow, signal });
  // It has not been waiting since its upload.
  const { queueMs: _, ...timings } = manifest.timings;
  return { ...manifest, timings };
}

async function putInItsPlace(
  ports: ProcessImagePorts,
  image: ImageManifest,
  held: HeldManifest,
  options: CallOptions,
): Promise<ReplayOutcome> {
  const { ref, manifest } = image;
  // Looked up before: whoever wrote these cannot commit any more once ours stands, whoever comes later may.
  const superseded = await objectsBeside(ports, image, options);
  if (isTooLate(ports, ref)) return { outcome: "too_late", ref };
  if (!await replaceManifest(ports, image, held, options)) {
    return { outcome: "overtaken", ref };
  }
  for (const { name, generation } of superseded) {
    await ports.processed.remove(name, { generation, ...options });
  }
  return { outcome: "replayed", ref, manifest, was: held.manifest.status };
}

/** Everything processed of the image but the manifest and what the new one pins. */
async function objectsBeside(
  { processed }: ProcessImagePorts,
  { ref, manifest }: ImageManifest,
  options: CallOptions,
): Promise<ObjectFacts[]> {
  const stays = new Set<string>([
    manifestName(ref),
    ...manifest.renditions.map(({ object }) => object),
  ]);
  const beside: ObjectFacts[] = [];
  for await (const object of walkNames(processed, { prefix: processedPrefix(ref), ...options })) {
    if (!stays.has(object.name)) beside.push(object);
  }
  return beside;
}

function isTooLate({ policy, clock }: ProcessImagePorts, { imageId }: ImageRef): boolean {
  return phaseOf(imageId, policy, clock.now()) !== "kept";
}

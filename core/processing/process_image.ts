/**
 * One delivery of one image, as a table of contents: marker, manifest, raw object; the stages; row, manifest; marker.
 * The manifest is the commit point: whatever comes before it may be done twice, nothing after it.
 */
import { type ImageRef, rawName, readRawBucketName } from "../model/object_name.ts";
import { isFinal } from "../model/manifest.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { removeLive } from "../retention/erase_image.ts";
import { isFarAhead, phaseOf } from "../retention/policy.ts";
import { commitManifest, readManifest } from "./commit_manifest.ts";
import { ManifestDraft } from "./draft_manifest.ts";
import type { ImageDelivery, ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { rawImageOf } from "./raw_image.ts";
import { runStages } from "./run_stages.ts";
import { unlessErased } from "./unless_erased.ts";

/**
 * Processes an image to its end, from whatever state an earlier delivery left it in.
 * Throws AppErrors that are ours (`unavailable`, `internal`): the delivery is to be repeated.
 */
export async function processImage(
  ports: ProcessImagePorts,
  { objectName, attempt }: ImageDelivery,
  options: CallOptions = {},
): Promise<ProcessOutcome> {
  const ref = deliveredImage(objectName, ports.clock.now());
  if (ref === null) return { outcome: "ignored" };
  const work = () => processOnce(ports, ref, { attempt, ...options });
  return await unlessErased(ports, ref, work, options);
}

async function processOnce(
  ports: ProcessImagePorts,
  ref: ImageRef,
  { attempt, ...options }: CallOptions & Pick<ImageDelivery, "attempt">,
): Promise<ProcessOutcome> {
  const phase = phaseOf(ref.imageId, ports.policy, ports.clock.now());
  if (phase === "expired") {
    await removeLive(ports.raw, rawName(ref), options);
    return { outcome: "expired", ref };
  }
  const previous = await readManifest(ports.processed, ref, options);
  if (previous !== null && isFinal(previous.manifest)) return { outcome: "already", ref };
  const object = await ports.raw.stat(rawName(ref), options);
  if (object === null) return { outcome: "gone", ref };
  const raw = rawImageOf(ports, ref, object);
  // Of what arrives in closing time the owner learns that much, and nothing else is made of it.
  const manifest = phase === "closing"
    ? new ManifestDraft(ports, raw, attempt).rejected(
      "too_late",
      "it was complete after its write cutoff",
    )
    : await runStages(ports, raw, { attempt, ...options });
  return await commitManifest(ports, { ref, manifest }, options);
}

/** The image that a delivery is about; null where its name is not one of ours, or of a T0 that no door can have given. */
export function deliveredImage(objectName: string, nowMs: number): ImageRef | null {
  const named = readRawBucketName(objectName);
  return named === null || isFarAhead(named.ref.imageId, nowMs) ? null : named.ref;
}

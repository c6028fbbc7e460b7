/**
 * One delivery of one image, as a table of contents: erasure request, manifest, raw object; the stages; manifest, record;
 * erasure request. The manifest is the commit point: whatever comes before it may be done twice.
 */
import { attemptAfter, isFinal } from "../model/manifest.ts";
import { type ImageRef, rawName, readRawName } from "../model/object_name.ts";
import { isRemovedAtOnce } from "../model/reject_reason.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { removeLive } from "../retention/erase_image.ts";
import { isFarAhead, phaseOf } from "../retention/policy.ts";
import { commitManifest, readManifest } from "./commit_manifest.ts";
import { ManifestDraft } from "./draft_manifest.ts";
import type { ImageDelivery, ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { type HeldManifest, publishRecord } from "./publish_record.ts";
import { rawImageOf } from "./raw_image.ts";
import { runStages } from "./run_stages.ts";
import { unlessErased } from "./unless_erased.ts";

/**
 * Processes an image to its end, from whatever state an earlier delivery left it in.
 * Throws AppErrors that are ours (`unavailable`, `internal`): the delivery is to be repeated.
 */
export async function processImage(
  ports: ProcessImagePorts,
  delivery: ImageDelivery,
  options: CallOptions = {},
): Promise<ProcessOutcome> {
  const ref = deliveredImage(delivery.objectName, ports.clock.now());
  if (ref === null) return { outcome: "ignored" };
  const work = () => processOnce(ports, ref, { ...delivery, ...options });
  return await unlessErased(ports, ref, work, options);
}

async function processOnce(
  ports: ProcessImagePorts,
  ref: ImageRef,
  { attempt, generation, object: described, isSlow = false, ...options }:
    & CallOptions
    & Omit<ImageDelivery, "objectName">,
): Promise<ProcessOutcome> {
  const phase = phaseOf(ref.imageId, ports.policy, ports.clock.now());
  if (phase === "expired") {
    await removeLive(ports.raw, rawName(ref), options);
    return { outcome: "expired", ref };
  }
  const previous = await readManifest(ports.processed, ref, options);
  if (previous !== null && isFinal(previous.manifest)) {
    return await finishAgain(ports, ref, previous, { generation, ...options });
  }
  // Where the object is not what its event describes, the first delivery fails to read it and the second one looks.
  const object = attempt === 1 && described !== undefined
    ? described
    : await ports.raw.stat(rawName(ref), options);
  if (object === null) return { outcome: "gone", ref };
  const raw = await rawImageOf(ports, ref, object);
  const number = attemptAfter(previous?.manifest, attempt);
  // The owner of what arrives behind the write cutoff learns that much, and nothing else is made of it.
  const manifest = phase === "closing"
    ? new ManifestDraft(ports, raw, number).rejected(
      "too_late",
      "it was complete after its write cutoff",
    )
    : await runStages(ports, raw, { attempt: number, isSlow, ...options });
  const outcome = await commitManifest(ports, { ref, manifest }, { previous, ...options });
  if (outcome.outcome === "done" && isRemovedAtOnce(manifest.reason)) {
    await ports.raw.remove(rawName(ref), { generation: object.generation, ...options });
  }
  return outcome;
}

/**
 * The record may be lost: it is published again. A second object of the name is not the one that was processed, and one
 * that broke its declaration does not stay.
 */
async function finishAgain(
  ports: ProcessImagePorts,
  ref: ImageRef,
  held: HeldManifest,
  { generation, ...options }: CallOptions & Pick<ImageDelivery, "generation">,
): Promise<ProcessOutcome> {
  const { generation: processed, reason } = held.manifest;
  if (generation !== processed || isRemovedAtOnce(reason)) {
    await ports.raw.remove(rawName(ref), { generation, ...options });
  }
  await publishRecord(ports, ref, held, options);
  return { outcome: "already", ref };
}

/** The image that a delivery is about; null where its name is not one of ours, or of a T0 that no source can have given. */
export function deliveredImage(objectName: string, nowMs: number): ImageRef | null {
  const ref = readRawName(objectName);
  return ref === null || isFarAhead(ref.imageId, nowMs) ? null : ref;
}

/**
 * One delivery of one image, as a table of contents: marker, manifest, raw object; probe, guard, fetch, develop, store,
 * row, manifest; marker. The manifest is the commit point: whatever comes before it may be done twice, nothing after it.
 */
import { type ImageRef, rawName } from "../model/object_name.ts";
import { isFinal, type Manifest } from "../model/manifest.ts";
import { declarationOfMetadata } from "../model/raw_metadata.ts";
import type { ObjectFacts } from "../ports/object_store.ts";
import { removeLive } from "../retention/erase_image.ts";
import { phaseOf } from "../retention/policy.ts";
import { commitManifest, readManifest } from "./commit_manifest.ts";
import { developImage } from "./develop_image.ts";
import { deliveredImage } from "./delivered_image.ts";
import { draftManifest, rejectedManifest } from "./draft_manifest.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ImageDelivery, ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { unlessErased } from "./unless_erased.ts";

/**
 * Brings an image to its end, from whatever state an earlier delivery left it in.
 * Throws AppErrors that are ours (`unavailable`, `internal`): the delivery is to be repeated.
 */
export async function processImage(
  ports: ProcessImagePorts,
  delivery: ImageDelivery,
  options: CallOptions = {},
): Promise<ProcessOutcome> {
  const ref = deliveredImage(delivery.objectName, ports.clock.now());
  if (ref === null) return { outcome: "ignored" };
  const work = () => bringToItsEnd(ports, { ref, attempt: delivery.attempt }, options);
  return await unlessErased(ports, { ref, work }, options);
}

async function bringToItsEnd(
  ports: ProcessImagePorts,
  { ref, attempt }: { readonly ref: ImageRef; readonly attempt: number },
  options: CallOptions,
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
  const manifest = phase === "closing"
    ? tooLate(ports, { ref, object, attempt })
    : await developImage(ports, { ref, object, attempt }, options);
  return await commitManifest(ports, { ref, manifest }, options);
}

/** What arrives in closing time is told to its owner, and nothing else is made of it. */
function tooLate(
  ports: ProcessImagePorts,
  { ref, object, attempt }: { ref: ImageRef; object: ObjectFacts; attempt: number },
): Manifest {
  const declaration = declarationOfMetadata(object.metadata);
  const draft = draftManifest(ports, { ref, object, declaration, attempt });
  return rejectedManifest(draft, {
    reason: "too_late",
    detail: "it was complete in its closing time",
  });
}

import { attemptAfter, isFinal } from "../model/manifest.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { phaseOf } from "../retention/policy.ts";
import { commitManifest, readManifest } from "./commit_manifest.ts";
import { ManifestDraft } from "./draft_manifest.ts";
import { deliveredImage } from "./process_image.ts";
import type { ImageDelivery, ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { publishRecord } from "./publish_record.ts";
import { rawImageOf } from "./raw_image.ts";
import { unlessErased } from "./unless_erased.ts";

/**
 * Records that every delivery of an image's event failed: `failed`, which is not final, or where a final manifest stands
 * its record once more. Behind the write cutoff it writes nothing. Throws what the stores throw: the dead letter is to be
 * delivered again.
 */
export async function markFailed(
  ports: ProcessImagePorts,
  { objectName, attempt }: ImageDelivery,
  options: CallOptions = {},
): Promise<ProcessOutcome> {
  const ref = deliveredImage(objectName, ports.clock.now());
  if (ref === null) return { outcome: "ignored" };
  const phase = phaseOf(ref.imageId, ports.policy, ports.clock.now());
  if (phase !== "kept") return { outcome: "too_late", ref };
  const work = () => commitFailure(ports, ref, { attempt, ...options });
  return await unlessErased(ports, ref, work, options);
}

async function commitFailure(
  ports: ProcessImagePorts,
  ref: ImageRef,
  { attempt, ...options }: CallOptions & Pick<ImageDelivery, "attempt">,
): Promise<ProcessOutcome> {
  const held = await readManifest(ports.processed, ref, options);
  if (held !== null && isFinal(held.manifest)) {
    await publishRecord(ports, ref, held, options);
    return { outcome: "already", ref };
  }
  const object = await ports.raw.stat(rawName(ref), options);
  if (object === null) return { outcome: "gone", ref };
  const raw = await rawImageOf(ports, ref, object);
  const manifest = new ManifestDraft(ports, raw, attemptAfter(held?.manifest, attempt)).failed();
  return await commitManifest(ports, { ref, manifest }, { previous: held, ...options });
}

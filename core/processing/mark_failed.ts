import { type ImageRef, rawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { phaseOf } from "../retention/policy.ts";
import { commitManifest, readManifest } from "./commit_manifest.ts";
import { ManifestDraft } from "./draft_manifest.ts";
import { deliveredImage } from "./process_image.ts";
import type { ImageDelivery, ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { rawImageOf } from "./raw_image.ts";
import { unlessErased } from "./unless_erased.ts";

/**
 * Records that every delivery of an image's event failed: `failed`, only where there is no manifest yet, and not final.
 * Throws what the stores throw: the dead letter is to be delivered again.
 */
export async function markFailed(
  ports: ProcessImagePorts,
  { objectName, attempt }: ImageDelivery,
  options: CallOptions = {},
): Promise<ProcessOutcome> {
  const ref = deliveredImage(objectName, ports.clock.now());
  if (ref === null) return { outcome: "ignored" };
  const work = () => commitFailure(ports, ref, { attempt, ...options });
  return await unlessErased(ports, ref, work, options);
}

async function commitFailure(
  ports: ProcessImagePorts,
  ref: ImageRef,
  { attempt, ...options }: CallOptions & Pick<ImageDelivery, "attempt">,
): Promise<ProcessOutcome> {
  if (phaseOf(ref.imageId, ports.policy, ports.clock.now()) === "expired") {
    return { outcome: "expired", ref };
  }
  if (await readManifest(ports.processed, ref, options) !== null) {
    return { outcome: "already", ref };
  }
  const object = await ports.raw.stat(rawName(ref), options);
  if (object === null) return { outcome: "gone", ref };
  const manifest = new ManifestDraft(ports, rawImageOf(ports, ref, object), attempt).failed();
  return await commitManifest(ports, { ref, manifest }, options);
}

import type { CallOptions } from "../ports/call_options.ts";
import { phaseOf } from "../retention/policy.ts";
import { deliveredImage } from "./process_image.ts";
import type { ImageDelivery, ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { unlessErased } from "./unless_erased.ts";

/** Runs the erasure whose request was delivered. Throws what the stores throw: the delivery is to be repeated. */
export async function processErasure(
  ports: ProcessImagePorts,
  { objectName }: ImageDelivery,
  options: CallOptions = {},
): Promise<ProcessOutcome> {
  const ref = deliveredImage(objectName, ports.clock.now());
  if (ref === null) return { outcome: "ignored" };
  // The sweep removes whatever is left, the request with it.
  if (phaseOf(ref.imageId, ports.policy, ports.clock.now()) === "expired") {
    return { outcome: "expired", ref };
  }
  return await unlessErased(ports, ref, async () => ({ outcome: "gone", ref }), options);
}

import type { Force } from "../model/force.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { deliveredImage, processImage } from "./process_image.ts";
import type { ImageDelivery, ProcessImagePorts, ProcessOutcome } from "./process_ports.ts";
import { replayImage } from "./replay_image.ts";

/**
 * Processes an image again by a forced event. Where that has been done, or never was once, it is an ordinary delivery: a
 * record that was lost with the attempt before is published again. Throws as `processImage` does.
 */
export async function processAgain(
  ports: ProcessImagePorts,
  { force, ...delivery }: ImageDelivery & { readonly force: Force },
  options: CallOptions = {},
): Promise<ProcessOutcome> {
  const ref = deliveredImage(delivery.objectName, ports.clock.now());
  if (ref === null) return { outcome: "ignored" };
  const { isSlow } = delivery;
  const replayed = await replayImage(ports, ref, { ...force, isSlow, ...options });
  switch (replayed.outcome) {
    case "replayed":
      return { outcome: "done", ref, manifest: replayed.manifest };
    case "current":
    case "open":
    case "overtaken":
      return await processImage(ports, delivery, options);
    default:
      return replayed;
  }
}

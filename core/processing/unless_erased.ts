import type { ImageRef } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { eraseImage, isMarked } from "../retention/erase_image.ts";
import type { ErasedOutcome, ProcessImagePorts } from "./process_ports.ts";

/**
 * Runs `work` between two looks for the owner's marker: one that is there before keeps it from running, one that came
 * while it wrote must find nothing of what it wrote. Either way the image is erased.
 */
export async function unlessErased<Outcome>(
  ports: Pick<ProcessImagePorts, "raw" | "processed" | "rows" | "clock">,
  ref: ImageRef,
  work: () => Promise<Outcome>,
  options: CallOptions,
): Promise<Outcome | ErasedOutcome> {
  const erase = async (): Promise<ErasedOutcome> => {
    const { state } = await eraseImage(ports, ref, options);
    return { outcome: "erased", ref, state };
  };
  if (await isMarked(ports.raw, ref, options)) return await erase();
  const outcome = await work();
  return await isMarked(ports.raw, ref, options) ? await erase() : outcome;
}

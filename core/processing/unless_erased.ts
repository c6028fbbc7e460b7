import type { ImageRef } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { eraseImage, isMarked } from "../retention/erase_image.ts";
import type { ErasedOutcome, ProcessImagePorts } from "./process_ports.ts";

/** What looking for the marker and erasing needs. */
export type UnlessErasedPorts = Pick<ProcessImagePorts, "raw" | "processed" | "rows" | "clock">;

/**
 * Runs `work` between two looks for the owner's marker: one that is there before keeps it from running, one that came
 * while it wrote must find nothing of what it wrote. Either way the image is erased.
 */
export async function unlessErased<Outcome>(
  ports: UnlessErasedPorts,
  { ref, work }: { readonly ref: ImageRef; readonly work: () => Promise<Outcome> },
  options: CallOptions,
): Promise<Outcome | ErasedOutcome> {
  if (await isMarked(ports.raw, ref, options)) return await erase(ports, ref, options);
  const outcome = await work();
  if (await isMarked(ports.raw, ref, options)) return await erase(ports, ref, options);
  return outcome;
}

async function erase(
  ports: UnlessErasedPorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<ErasedOutcome> {
  const { state } = await eraseImage(ports, ref, options);
  return { outcome: "erased", ref, state };
}

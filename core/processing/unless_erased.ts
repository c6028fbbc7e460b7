import type { ImageRef } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { eraseImage, type EraseImagePorts, isErasureRequested } from "../retention/erase_image.ts";
import type { ErasedOutcome } from "./process_ports.ts";

/**
 * Runs `work` between two looks for the owner's erasure request: one that is there before keeps it from running, one that
 * came while it wrote must find nothing of what it wrote. Either way the whole erasure runs.
 */
export async function unlessErased<Outcome>(
  ports: EraseImagePorts,
  ref: ImageRef,
  work: () => Promise<Outcome>,
  options: CallOptions,
): Promise<Outcome | ErasedOutcome> {
  const erase = async (): Promise<ErasedOutcome> => (
    { outcome: "erased", ref, state: await eraseImage(ports, ref, options) }
  );
  if (await isErasureRequested(ports.erasures, ref, options)) return await erase();
  const outcome = await work();
  return await isErasureRequested(ports.erasures, ref, options) ? await erase() : outcome;
}

import type { CallOptions } from "../ports/call_options.ts";
import { type ImageRef, rawName, receiptName } from "../model/object_name.ts";
import type { ReadingPorts } from "./find_image.ts";

/** How far an erasure is, in milliseconds since the epoch. */
interface FoundErasure {
  readonly requestedAtMs: number;
  /** When the last copy was gone; undefined while it is not. */
  readonly erasedAtMs: number | undefined;
}

/** Finds an erasure that its owner asked for, or null where it was never asked for; it is done where its receipt is there. */
export async function findErasure(
  { processed, erasures }: Omit<ReadingPorts, "raw">,
  ref: ImageRef,
  options: CallOptions = {},
): Promise<FoundErasure | null> {
  const [request, receipt] = await Promise.all([
    erasures.stat(rawName(ref), options),
    processed.stat(receiptName(ref), options),
  ]);
  if (request === null) return null;
  return { requestedAtMs: request.createdMs, erasedAtMs: receipt?.createdMs };
}

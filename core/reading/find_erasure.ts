import { findName } from "../listing.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { markerName, receiptName } from "../model/object_name.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import type { ImageQuestion } from "./find_image.ts";

/** How far an erasure is, in milliseconds since the epoch. */
interface FoundErasure {
  readonly requestedAtMs: number;
  /** When the last copy was gone; undefined while it is not. */
  readonly erasedAtMs: number | undefined;
}

/**
 * Finds an erasure that its owner asked for, or null where it was never asked for.
 * It is done where the receipt is there for every pseudonym that has something to erase: the first marker decides.
 */
export async function findErasure(
  ports: { readonly raw: ObjectLister; readonly processed: ObjectLister },
  { tenant, owners, imageId }: ImageQuestion,
  options: CallOptions = {},
): Promise<FoundErasure | null> {
  const found = await Promise.all(owners.map(async (owner) => {
    const ref = { tenant, owner, imageId };
    const [marker, receipt] = await Promise.all([
      findName(ports.raw, markerName(ref), options),
      findName(ports.processed, receiptName(ref), options),
    ]);
    return { marker, receipt };
  }));
  const asked = found.filter(({ marker }) => marker !== undefined);
  if (asked.length === 0) return null;
  const requested = asked.map(({ marker }) => marker?.createdMs ?? 0);
  const erased = asked.map(({ receipt }) => receipt?.createdMs);
  return {
    requestedAtMs: Math.min(...requested),
    erasedAtMs: erased.every((ms) => ms !== undefined) ? Math.max(...erased) : undefined,
  };
}

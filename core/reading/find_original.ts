import { findName } from "../listing.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts } from "../ports/object_store.ts";
import { findImage, type ReadingPorts } from "./find_image.ts";

/** The bytes of an image as they came in. */
export interface Original extends Pick<ObjectFacts, "name" | "generation"> {
  readonly bytes: number;
  /** What the bytes are; what the source declared where processing did not find it out. */
  readonly contentType: string;
}

const UNKNOWN_TYPE = "application/octet-stream";

/**
 * The original that the image's manifest describes; undefined while the image is processed, where it is erased, and where
 * its raw object is gone or another one. One that never was costs the same calls.
 */
export async function findOriginal(
  ports: ReadingPorts,
  ref: ImageRef,
  options: CallOptions = {},
): Promise<Original | undefined> {
  const image = await findImage(ports, ref, options);
  if (image.state !== "done") return undefined;
  const { generation, metadata } = image.manifest;
  const raw = await findName(ports.raw, rawName(ref), options);
  if (raw?.generation !== generation) return undefined;
  const contentType = metadata?.mediaType ?? raw.contentType ?? UNKNOWN_TYPE;
  return { name: raw.name, generation, bytes: raw.size, contentType };
}

import { allEnded } from "../concurrency.ts";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import type { ManifestRendition } from "../model/manifest.ts";
import { type ImageRef, type ObjectName, renditionName } from "../model/object_name.ts";
import { WRITTEN_FORMATS } from "../model/rendition.ts";
import type {
  ObjectCreator,
  ObjectFacts,
  ObjectReader,
  WriteOptions,
} from "../ports/object_store.ts";
import type { EncodedRendition } from "../ports/pixel_engine.ts";
import type { CallOptions } from "../ports/call_options.ts";

/** A browser may show a rendition again for ten minutes; its signed URL stays the same for up to five. */
const CACHE_CONTROL = "private, max-age=600";
const SIDE = /^[1-9][0-9]{0,5}$/;

type StorePorts = Record<"processed", ObjectCreator & ObjectReader>;

/** A rendition and how its object is written. */
interface RenditionWrite extends WriteOptions {
  readonly rendition: EncodedRendition;
}

/** An image's renditions; of a replay with the `mark` that makes their names its own. */
interface ImageRenditions {
  readonly ref: ImageRef;
  readonly renditions: readonly EncodedRendition[];
  readonly mark?: string | undefined;
}

/**
 * Stores renditions side by side, in their table's order. One that another attempt has left is taken over as it is and
 * never replaced, as a manifest may pin it by now. Throws `unavailable` where one went while it was stored.
 */
export async function storeRenditions(
  ports: StorePorts,
  { ref, renditions, mark }: ImageRenditions,
  options: CallOptions,
): Promise<ManifestRendition[]> {
  return await allEnded(renditions.map((rendition) => {
    const { contentType, extension } = WRITTEN_FORMATS[rendition.format];
    const file = mark === undefined ? rendition.name : `${rendition.name}.${mark}`;
    const customTimeMs = t0OfImageId(ref.imageId);
    const write = {
      rendition,
      contentType,
      cacheControl: CACHE_CONTROL,
      customTimeMs,
      ...options,
    };
    return storeRendition(ports, renditionName(ref, file, extension), write);
  }));
}

async function storeRendition(
  { processed }: StorePorts,
  object: ObjectName,
  { rendition, ...write }: RenditionWrite,
): Promise<ManifestRendition> {
  const { name, width, height, bytes, frames, hasGainMap, dropped } = rendition;
  const { contentType } = write;
  const metadata = { width: `${width}`, height: `${height}` };
  const made = await processed.create(object, bytes, { ...write, metadata });
  const pinned = {
    ...{ name, object, width, height, contentType, bytes: bytes.byteLength },
    ...(frames === undefined ? {} : { frames }),
    ...(hasGainMap === undefined ? {} : { hasGainMap }),
    ...(dropped === undefined ? {} : { dropped }),
  };
  if (made.created) return { ...pinned, generation: made.generation };
  const held = await processed.stat(object, write);
  if (held === null) {
    throw new AppError("unavailable", "Cannot store rendition as it went while it was stored");
  }
  return {
    ...pinned,
    generation: held.generation,
    width: sideOf(held, "width") ?? width,
    height: sideOf(held, "height") ?? height,
    bytes: held.size,
  };
}

/** A side of a rendition as its writer gave it, in pixels. */
function sideOf({ metadata }: ObjectFacts, side: "width" | "height"): number | undefined {
  const value = metadata[side];
  return value !== undefined && SIDE.test(value) ? Number(value) : undefined;
}

import { allEnded } from "../concurrency.ts";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import type { ManifestRendition } from "../model/manifest.ts";
import { type ImageRef, renditionName } from "../model/object_name.ts";
import { WRITTEN_FORMATS } from "../model/rendition.ts";
import type { ObjectCreator, ObjectFacts, ObjectReader } from "../ports/object_store.ts";
import type { Developed, DevelopedRendition } from "../ports/pixel_engine.ts";
import type { CallOptions } from "../ports/call_options.ts";

/** What storing renditions needs. */
interface StorePorts {
  readonly processed: ObjectCreator & ObjectReader;
}

const SIDE = /^[1-9][0-9]{0,5}$/;

/**
 * Stores renditions side by side, in their table's order. One that another attempt has left is taken over as it is and
 * never replaced, as a manifest may pin it by now; a replay's `mark` gives its own another name. Throws `unavailable`
 * where one went while it was stored.
 */
export async function storeRenditions(
  ports: StorePorts,
  { ref, developed, mark }: {
    readonly ref: ImageRef;
    readonly developed: Developed;
    readonly mark?: string | undefined;
  },
  options: CallOptions,
): Promise<ManifestRendition[]> {
  return await allEnded(
    developed.renditions.map((rendition) =>
      storeRendition(ports, { ref, rendition, mark }, options)
    ),
  );
}

async function storeRendition(
  { processed }: StorePorts,
  { ref, rendition, mark }: {
    readonly ref: ImageRef;
    readonly rendition: DevelopedRendition;
    readonly mark: string | undefined;
  },
  options: CallOptions,
): Promise<ManifestRendition> {
  const { name, width, height, bytes } = rendition;
  const { contentType, extension } = WRITTEN_FORMATS[rendition.format];
  const file = mark === undefined ? name : `${name}.${mark}`;
  const object = renditionName(ref, file, extension);
  const outcome = await processed.create(object, bytes, {
    contentType,
    customTimeMs: t0OfImageId(ref.imageId),
    metadata: { width: `${width}`, height: `${height}` },
    ...options,
  });
  if (outcome.created) {
    const { generation } = outcome;
    return { name, object, generation, width, height, contentType, bytes: bytes.byteLength };
  }
  const held = await processed.stat(object, options);
  if (held === null) {
    throw new AppError("unavailable", "Cannot store rendition as it went while it was stored");
  }
  return {
    name,
    object,
    generation: held.generation,
    width: sideOf(held, "width") ?? width,
    height: sideOf(held, "height") ?? height,
    contentType,
    bytes: held.size,
  };
}

/** A side of a rendition as its writer told it, in pixels. */
function sideOf({ metadata }: ObjectFacts, side: "width" | "height"): number | undefined {
  const value = metadata[side];
  return value !== undefined && SIDE.test(value) ? Number(value) : undefined;
}

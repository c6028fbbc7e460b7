/** What is known of a picture of the gallery without asking for it. */
import type { GalleryEntry } from "./gallery.ts";

/** A rendition as a tile shows it. */
type Rendition = GalleryEntry["shown"]["renditions"][number];

/** Tiles are no flatter and no taller than these proportions of width and height. */
const [FLATTEST, TALLEST] = [2.6, 0.56];

/** The largest rendition. */
export function largestOf(
  renditions: readonly Rendition[],
): Rendition | undefined {
  return renditions.toSorted((a, b) => b.width * b.height - a.width * a.height)[0];
}

/** Width by height of a tile: the picture's own within bounds, a square where there is none yet. */
export function ratioOf({ shown }: GalleryEntry): number {
  const { width, height } = largestOf(shown.renditions) ?? { width: 1, height: 1 };
  return Math.min(FLATTEST, Math.max(TALLEST, width / height));
}

/** Format and size: the original's where it was read, else those of the largest rendition. */
export function formatAndSizeOf({ image, shown }: GalleryEntry): string[] {
  const metadata = image?.metadata;
  const known = metadata !== undefined && "mediaType" in metadata
    ? metadata
    : largestOf(shown.renditions);
  if (known === undefined) return [];
  const type = "mediaType" in known ? known.mediaType : known.contentType;
  return [type.replace("image/", "").toUpperCase(), `${known.width} × ${known.height}`];
}

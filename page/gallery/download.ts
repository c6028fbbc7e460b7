/** Saves pictures: one as it is, several in one ZIP file. */
import type { Image } from "@tintype/client/client";
import { largestOf } from "./entry_facts.ts";

const ENDINGS: Readonly<Record<string, string>> = { "image/jpeg": "jpg", "image/webp": "webp" };

/** Saves the largest rendition of each picture; returns how many. Throws where one of them cannot be read. */
export async function download(images: readonly Image[]): Promise<number> {
  const files = await Promise.all(images.map(async (image) => {
    const rendition = largestOf(image.renditions);
    if (rendition === undefined) return [];
    // What the browser has of it came for an image element, without the headers that let a page read it.
    const response = await fetch(rendition.url, { cache: "no-store" });
    if (!response.ok) throw new Error(`Cannot read picture: status is ${response.status}`);
    return [{ name: fileNameOf(image, rendition.contentType), input: await response.blob() }];
  }));
  const found = files.flat();
  const [first] = found;
  if (first === undefined) return 0;
  if (found.length === 1) save(first.input, first.name);
  else {
    const { downloadZip } = await import("client-zip");
    save(await downloadZip(found).blob(), "tintype.zip");
  }
  return found.length;
}

/** When it was added, and what keeps two of one second apart: names of files are kept nowhere. */
export function fileNameOf(
  { imageId, createdAt }: Pick<Image, "imageId" | "createdAt">,
  type: string,
): string {
  const time = createdAt.slice(0, 19).replace("T", " ").replaceAll(":", ".");
  const ending = ENDINGS[type] ?? type.replace("image/", "");
  return `tintype ${time} ${imageId.slice(-4)}.${ending}`;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has begun to save it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

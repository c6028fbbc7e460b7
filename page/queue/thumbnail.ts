const EDGE_PX = 144;

let last: Promise<unknown> = Promise.resolve();

/**
 * An object URL of a small picture of the file; undefined where this browser cannot decode it, as with HEIC in most.
 * One file after another: decoding many large ones at once would stop the page.
 */
export function thumbnailOf(file: Blob): Promise<string | undefined> {
  const made = last.then(() => draw(file)).catch(() => undefined);
  last = made;
  return made;
}

async function draw(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file, { resizeHeight: EDGE_PX, resizeQuality: "medium" });
  try {
    const canvas = document.createElement("canvas");
    const side = Math.min(bitmap.width, bitmap.height);
    canvas.width = EDGE_PX;
    canvas.height = EDGE_PX;
    const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
    canvas.getContext("2d")?.drawImage(bitmap, left, top, side, side, 0, 0, EDGE_PX, EDGE_PX);
    return URL.createObjectURL(await blobOf(canvas));
  } finally {
    bitmap.close();
  }
}

async function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/webp"));
  if (blob === null) throw new Error("Cannot draw thumbnail");
  return blob;
}

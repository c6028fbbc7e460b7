const EDGE_PX = 144;

/** Small pictures of files, by the ids of their items: each is drawn when its row comes into view. */
export class Thumbnails {
  readonly #made = new Map<string, string | null | undefined>();
  readonly #onChange: () => void;
  #last: Promise<unknown> = Promise.resolve();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** An object URL; null where this browser cannot decode the file, as with HEIC in most, undefined before it was drawn. */
  of(id: string): string | null | undefined {
    return this.#made.get(id);
  }

  /** Draws one after another: decoding many large ones at once would stop the page. */
  want(id: string, file: Blob | undefined): void {
    if (this.#made.has(id)) return;
    this.#made.set(id, undefined);
    this.#last = this.#last.then(async () => {
      const url = file === undefined ? null : await draw(file).catch(() => null);
      if (this.#made.has(id)) this.#made.set(id, url);
      else if (url !== null) URL.revokeObjectURL(url);
      this.#onChange();
    });
  }

  forget(id: string): void {
    const url = this.#made.get(id);
    this.#made.delete(id);
    if (typeof url === "string") URL.revokeObjectURL(url);
  }
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

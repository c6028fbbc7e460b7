const EDGE_PX = 144;

/** What is drawn, and of which item. */
interface Wish {
  readonly id: string;
  readonly file: Blob | undefined;
}

/** Small pictures of files, by the ids of their items: each is drawn when its row comes into view. */
export class Thumbnails {
  readonly #made = new Map<string, string | null>();
  readonly #onChange: () => void;
  #wanted: Wish[] = [];
  #isDrawing = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** An object URL; null where this browser cannot decode the file, as with HEIC in most, undefined before it was drawn. */
  of(id: string): string | null | undefined {
    return this.#made.get(id);
  }

  /** Draws one after another, the latest first: decoding many large ones at once would stop the page. */
  want(id: string, file: Blob | undefined): void {
    if (this.#made.has(id) || this.#wanted.some((wish) => wish.id === id)) return;
    this.#wanted.push({ id, file });
    if (!this.#isDrawing) void this.#drawAll();
  }

  /** Takes a wish back whose row left the view before its turn. */
  unwant(id: string): void {
    this.#wanted = this.#wanted.filter((wish) => wish.id !== id);
  }

  forget(id: string): void {
    this.unwant(id);
    const url = this.#made.get(id);
    this.#made.delete(id);
    if (typeof url === "string") URL.revokeObjectURL(url);
  }

  async #drawAll(): Promise<void> {
    this.#isDrawing = true;
    for (let wish = this.#wanted.at(-1); wish !== undefined; wish = this.#wanted.at(-1)) {
      const { id, file } = wish;
      const url = file === undefined ? null : await draw(file).catch(() => null);
      if (this.#wanted.includes(wish)) this.#made.set(id, url);
      else if (url !== null) URL.revokeObjectURL(url);
      this.unwant(id);
      this.#onChange();
    }
    this.#isDrawing = false;
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

import { thumbHashToRGBA } from "thumbhash";

/** Paints the blurred likeness that a thumbhash (base64) holds, in its own few pixels. */
export function paintThumbhash(canvas: HTMLCanvasElement, thumbhash: string): void {
  const bytes = Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));
  const { w, h, rgba } = thumbHashToRGBA(bytes);
  canvas.width = w;
  canvas.height = h;
  const pixels = new ImageData(new Uint8ClampedArray(rgba), w, h);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}

import { html, nothing } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { thumbHashToRGBA } from "thumbhash";

/** The blurred likeness that stands there until the picture itself has come. */
export function likenessView(hash: string | undefined) {
  return hash === undefined
    ? nothing
    : html`<canvas class="likeness" data-hash=${hash} ${ref(paint)}></canvas>`;
}

function paint(canvas: Element | undefined): void {
  if (!(canvas instanceof HTMLCanvasElement)) return;
  // The directive runs before the attribute is there.
  queueMicrotask(() => paintThumbhash(canvas, canvas.dataset["hash"] ?? ""));
}

/** Paints the blurred likeness that a thumbhash (base64) holds, in its own few pixels. */
function paintThumbhash(canvas: HTMLCanvasElement, thumbhash: string): void {
  const bytes = Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));
  const { w, h, rgba } = thumbHashToRGBA(bytes);
  canvas.width = w;
  canvas.height = h;
  const pixels = new ImageData(new Uint8ClampedArray(rgba), w, h);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}

/** Lets a picture appear once it is there. */
export function show({ currentTarget }: Event): void {
  if (currentTarget instanceof HTMLElement) currentTarget.classList.add("is-shown");
}

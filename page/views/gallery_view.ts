import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import { thumbHashToRGBA } from "thumbhash";
import type { Gallery, GalleryEntry } from "../gallery/gallery.ts";
import type { PageApp } from "../page_app.ts";
import { whenText } from "../quantities.ts";
import { refusalOf, WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const words = WORDS.gallery;

/** What the gallery's view is given beside the page. */
export interface GalleryViewOptions {
  readonly gallery: Gallery;
  /** Told of each tile, so that it can see when it comes into view. */
  readonly onTile: (tile: Element | undefined) => void;
}

/** One's own pictures, as tiles that open. */
export function galleryView(
  app: PageApp,
  { gallery, onTile }: GalleryViewOptions,
): TemplateResult {
  const { entries, state, hasMore } = gallery;
  return html`
    <section class="gallery" aria-labelledby="gallery-title">
      <div class="section-head">
        <h2 id="gallery-title" class="heading" tabindex="-1">${words.title}</h2>
        ${entries.length === 0
          ? nothing
          : html`<p class="section-note">${words.count(entries.length, hasMore)}</p>`}
      </div>
      ${entries.length === 0 ? emptyView(app, gallery) : nothing}
      <ul class="tiles">
        ${repeat(entries, ({ imageId }) => imageId, (entry) => tileView(app, entry, onTile))}
      </ul>
      ${hasMore
        ? html`
          <button
            type="button"
            class="button is-more"
            ?disabled=${state === "loading"}
            @click=${() => gallery.more()}
          >${words.more}</button>
        `
        : nothing}
    </section>
  `;
}

function emptyView(app: PageApp, gallery: Gallery): TemplateResult {
  if (gallery.state === "loading") return html`<p class="empty">${words.loading}</p>`;
  if (gallery.state === "failed") {
    return html`
      <div class="empty">
        <p>${words.failed}</p>
        <button type="button" class="button" @click=${() => gallery.refresh()}>${words
          .retry}</button>
      </div>
    `;
  }
  return html`
    <div class="empty">
      <p class="empty-title">${words.empty}</p>
      <p>${words.emptyHint(app.config?.periodMs ?? 0)}</p>
    </div>
  `;
}

function tileView(
  app: PageApp,
  entry: GalleryEntry,
  onTile: GalleryViewOptions["onTile"],
): TemplateResult {
  const { imageId, summary } = entry;
  const purgeAtMs = Date.parse(summary.purgeAt);
  const leftMs = purgeAtMs - Date.now();
  const left = words.left(leftMs);
  const periodMs = app.config?.periodMs ?? 1;
  const added = whenText(Date.parse(summary.createdAt ?? summary.purgeAt));
  return html`
    <li class="tile" data-id=${imageId} ${ref(onTile)}>
      <button
        type="button"
        class="tile-open"
        @click=${() => app.open({ kind: "image", imageId })}
      >
        <span class="tile-picture">${pictureView(
          entry,
          () => app.studio?.gallery.hasShown(imageId),
        )}</span>
        <span class="unseen">${words.open(added, left)}</span>
      </button>
      <p class="tile-left" aria-hidden="true">${left}</p>
      <progress class="life" aria-hidden="true" max=${periodMs} .value=${leftMs}></progress>
    </li>
  `;
}

function pictureView(
  { summary, shown, isLost }: GalleryEntry,
  onShown: () => void,
): TemplateResult {
  if (summary.status === "rejected" || summary.status === "failed") {
    const text = summary.status === "rejected" ? words.rejected : words.failedImage;
    const why = shown.reason === undefined ? "" : refusalOf(shown.reason).what;
    return html`<span class="tile-note">${icon("alert")}<strong>${text}</strong> ${why}</span>`;
  }
  if (summary.status === "processing") {
    return html`<span class="tile-note">${words.processing}</span>`;
  }
  const { renditions, thumbhash } = shown;
  if (renditions.length === 0) {
    return isLost ? html`<span class="tile-note">${words.unopened}</span>` : html``;
  }
  const small = renditions.filter(({ width }) => width <= 900)
    .toSorted((a, b) => a.width - b.width);
  const sources = small.map(({ url, width }) => `${url} ${width}w`).join(", ");
  const [first = renditions[0]] = small;
  return html`
    ${likenessView(thumbhash)}
    <img
      class="tile-image"
      src=${first?.url ?? ""}
      srcset=${sources}
      sizes="(min-width: 64rem) 13rem, (min-width: 40rem) 22vw, 45vw"
      alt=""
      decoding="async"
      @load=${(event: Event) => {
        show(event);
        onShown();
      }}
    >
  `;
}

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

import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { addedAtMs } from "../gallery/days.ts";
import { largestOf } from "../gallery/entry_facts.ts";
import type { GalleryEntry } from "../gallery/gallery.ts";
import type { PageApp, Studio } from "../page_app.ts";
import { bytesText, whenText } from "../quantities.ts";
import { refusalOf, WORDS } from "../words.ts";
import { likenessView, show } from "./likeness_view.ts";
import { icon } from "./icons.ts";

const words = WORDS.image;

/** One picture over the whole screen, with the ways to the next one, and what is known of it beside it. */
export function viewerView(app: PageApp, studio: Studio, entry: GalleryEntry): TemplateResult {
  const { imageId, summary, image } = entry;
  const added = whenText(addedAtMs(entry, app.config?.periodMs ?? 0), { seconds: true });
  const purgeAtMs = Date.parse(summary.purgeAt);
  return html`
    <div class="viewer-stage">
      ${barView(app, studio, entry)}
      <div class="viewer-picture">${keyed(imageId, largeView(studio, entry, added))}</div>
      ${stepView(studio, -1)} ${stepView(studio, 1)}
      <p class="viewer-notice" role="status">${app.notice}</p>
    </div>
    <div class="viewer-text" tabindex="0" role="region" aria-label=${words.details}>
      <h2 id="image-title" class="heading">${words.title(added)}</h2>
      ${image === undefined ? nothing : reasonView(image)}
      <dl class="facts">
        <dt>${words.left}</dt>
        <dd>
          ${WORDS.gallery.left(purgeAtMs - app.now())}
          <small>${words.goneAt(whenText(purgeAtMs))}</small>
        </dd>
        ${image === undefined ? nothing : factsView(image)}
      </dl>
      ${image === undefined || image.renditions.length === 0 ? nothing : sizesView(image)}
    </div>
  `;
}

function barView(app: PageApp, { pictures }: Studio, { imageId }: GalleryEntry): TemplateResult {
  const { order, isDownloading } = pictures;
  const place = WORDS.gallery.place(order.indexOf(imageId) + 1, order.length);
  const erase = () => app.open({ kind: "erase", imageIds: [imageId], from: imageId });
  return html`
    <div class="viewer-bar">
      <p class="viewer-place">${place}</p>
      ${barButton("download", { does: () => pictures.download([imageId]), isBusy: isDownloading })}
      ${barButton("erase", { does: erase })} ${barButton("close", { does: () => app.close() })}
    </div>
  `;
}

interface BarButton {
  readonly does: () => unknown;
  readonly isBusy?: boolean;
}

function barButton(name: "download" | "erase" | "close", { does, isBusy = false }: BarButton) {
  return html`
    <button type="button" class="button is-icon" title=${words[name]} ?disabled=${isBusy}
      @click=${does}>
      ${icon(name)}<span class="unseen">${words[name]}</span>
    </button>
  `;
}

/** Stays where it is at either end, so that it keeps the focus there. */
function stepView({ pictures }: Studio, by: 1 | -1): TemplateResult {
  const name = by < 0 ? "previous" : "next";
  return html`
    <button
      type="button"
      class="button is-icon viewer-step is-${name}"
      title=${words[name]}
      aria-disabled=${pictures.neighbour(by) === undefined ? "true" : "false"}
      @click=${() => pictures.step(by)}
    >${icon(name)}<span class="unseen">${words[name]}</span></button>
  `;
}

type Image = NonNullable<GalleryEntry["image"]>;
type Camera = Extract<Image["metadata"], { readonly mediaType: unknown }>["camera"];

/** The largest rendition: as it was read last, else as the listing gave it. */
function largeView(
  studio: Studio,
  { shown, image, summary }: GalleryEntry,
  added: string,
): TemplateResult | typeof nothing {
  const large = largestOf(image?.renditions ?? shown.renditions);
  if (large === undefined) {
    return html`<p class="viewer-note">${
      summary.status === "processing" ? WORDS.gallery.processing : nothing
    }</p>`;
  }
  return html`
    ${likenessView(shown.thumbhash)}
    <img
      class="viewer-image"
      src=${large.url}
      width=${large.width}
      height=${large.height}
      alt=${words.alt(added)}
      draggable="false"
      @load=${(event: Event) => {
        show(event);
        fetchNext(studio);
      }}
    >
  `;
}

/** Has the browser load what most people look at next. */
function fetchNext({ gallery, pictures }: Studio): void {
  const next = pictures.neighbour(1);
  const entry = gallery.entries.find(({ imageId }) => imageId === next);
  const large = entry && largestOf(entry.shown.renditions);
  if (large !== undefined) new Image().src = large.url;
}

function reasonView({ status, reason, detail }: Image): TemplateResult | typeof nothing {
  if (status !== "rejected" && status !== "failed") return nothing;
  const { what, todo } = refusalOf(reason ?? "internal", detail);
  return html`<p class="trouble"><strong>${what}</strong> ${todo}</p>`;
}

function factsView({ bytes, metadata }: Image): (TemplateResult | typeof nothing)[] {
  const fact = (name: string, value: unknown) =>
    html`
      <dt>${name}</dt>
      <dd>${value}</dd>
    `;
  if (!("mediaType" in metadata)) return [fact(words.original, bytesText(bytes))];
  const { width, height, mediaType, camera, insights } = metadata;
  const kind = mediaType.replace("image/", "").toUpperCase();
  const maker = [capitalized(camera?.make ?? ""), camera?.model ?? ""].join(" ").trim();
  const exposure = exposureText(camera);
  const colours = insights?.dominantColors ?? [];
  return [
    fact(words.original, `${kind}, ${words.size(width, height)}, ${bytesText(bytes)}`),
    maker === "" ? nothing : fact(words.camera, maker),
    exposure === "" ? nothing : fact(words.exposure, exposure),
    camera === undefined
      ? nothing
      : fact(words.place, camera.hasGps ? words.hasPlace : words.hasNoPlace),
    colours.length === 0 ? nothing : fact(
      words.colours,
      html`<span class="colours">${
        colours.map((colour) =>
          html`
            <svg class="colour" viewBox="0 0 1 1" role="img" aria-label=${colour}>
              <rect width="1" height="1" fill=${colour}/>
                </svg>
          `
        )
      }</span>`,
    ),
  ];
}

/** The vocabulary of makes is in lower case. */
function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function exposureText(camera: Camera) {
  const { exposureMs, fNumber, iso } = camera ?? {};
  return [
    exposureMs === undefined
      ? ""
      : exposureMs < 400
      ? `1/${Math.round(1_000 / exposureMs)} s`
      : `${(exposureMs / 1_000).toFixed(1)} s`,
    fNumber === undefined ? "" : `f/${fNumber}`,
    iso === undefined ? "" : `ISO ${iso}`,
  ].filter((part) => part !== "").join(" · ");
}

function sizesView({ renditions }: Image): TemplateResult {
  return html`
    <h3 class="small-heading">${words.renditions}</h3>
    <ul class="sizes">
      ${renditions.map(({ name, width, height, bytes, url }) =>
        html`<li><a href=${url} target="_blank" rel="noreferrer">${
          words.rendition(name, width, height, bytes)
        }<span class="unseen"> (${words.newTab})</span></a></li>`
      )}
    </ul>
  `;
}

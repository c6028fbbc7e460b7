import { html, nothing, type TemplateResult } from "lit-html";
import type { GalleryEntry } from "../gallery/gallery.ts";
import type { PageApp } from "../page_app.ts";
import { bytesText, whenText } from "../quantities.ts";
import { refusalOf, WORDS } from "../words.ts";
import { likenessView, show } from "./gallery_view.ts";
import { icon } from "./icons.ts";

const words = WORDS.image;

/** One picture, large, with what is known of it, its sizes, the time that it has left, and the way to erase it. */
export function imageDialogView(app: PageApp, entry: GalleryEntry): TemplateResult {
  const { imageId, summary, image } = entry;
  const purgeAtMs = Date.parse(summary.purgeAt);
  const added = whenText(Date.parse(summary.createdAt ?? summary.purgeAt));
  return html`
    <button type="button" class="button is-icon viewer-close" @click=${() => app.close()}>
      ${icon("close")}<span class="unseen">${words.close}</span>
    </button>
    <div class="viewer-picture">${image === undefined
      ? nothing
      : largeView(entry, image, added)}</div>
    <div class="viewer-text">
      <h2 id="image-title" class="heading">${words.title(added)}</h2>
      ${image === undefined ? nothing : reasonView(image)}
      <dl class="facts">
        <dt>${words.left}</dt>
        <dd>
          ${WORDS.gallery.left(purgeAtMs - Date.now())}
          <small>${words.goneAt(whenText(purgeAtMs))}</small>
        </dd>
        ${image === undefined ? nothing : factsView(image)}
      </dl>
      ${image === undefined || image.renditions.length === 0 ? nothing : sizesView(image)}
      <div class="viewer-ways">
        <button
          type="button"
          class="button is-danger"
          @click=${() => app.open({ kind: "erase", imageId })}
        >${icon("erase")} ${words.erase}</button>
      </div>
    </div>
  `;
}

type Image = NonNullable<GalleryEntry["image"]>;
type Camera = Extract<Image["metadata"], { readonly mediaType: unknown }>["camera"];

function largeView(
  { shown }: GalleryEntry,
  image: Image,
  added: string,
): TemplateResult | typeof nothing {
  const large = image.renditions.toSorted((a, b) => b.width - a.width)[0];
  if (large === undefined) return nothing;
  return html`
    ${likenessView(shown.thumbhash)}
    <img
      class="viewer-image"
      src=${large.url}
      width=${large.width}
      height=${large.height}
      alt=${words.alt(added)}
      @load=${show}
    >
  `;
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

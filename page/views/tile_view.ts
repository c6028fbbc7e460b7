import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { addedAtMs, goesSoon } from "../gallery/days.ts";
import { formatAndSizeOf, ratioOf } from "../gallery/entry_facts.ts";
import type { GalleryEntry } from "../gallery/gallery.ts";
import type { Studio } from "../page_app.ts";
import { whenText } from "../quantities.ts";
import { WORDS } from "../words.ts";
import type { OnTile } from "../watched_tiles.ts";
import { icon } from "./icons.ts";
import { likenessView, show } from "./likeness_view.ts";

const words = WORDS.gallery;

/** What a tile is drawn with. */
interface TileOptions {
  readonly studio: Studio;
  readonly onTile: OnTile;
  readonly nowMs: number;
  readonly periodMs: number;
  /** Where it is among all: `3 of 24`. */
  readonly place: string;
}

/** A picture in its own proportions; it opens, or is selected while pictures are. */
export function tileView(
  entry: GalleryEntry,
  { studio: { gallery, pictures }, onTile, nowMs, periodMs, place }: TileOptions,
): TemplateResult {
  const { imageId, summary } = entry;
  const leftMs = Date.parse(summary.purgeAt) - nowMs;
  const isSoon = goesSoon(leftMs, periodMs);
  const added = words.added(whenText(addedAtMs(entry, periodMs), { seconds: true }));
  const facts = [added, ...formatAndSizeOf(entry), ...(isSoon ? [words.left(leftMs)] : [])];
  const { selection } = pictures;
  const isSelected = selection?.has(imageId) === true;
  return html`
    <li
      class="tile ${isSelected ? "is-selected" : ""}"
      data-id=${imageId}
      .style=${`--ratio:${ratioOf(entry).toFixed(3)}`}
      ${ref(onTile)}
    >
      <button
        type="button"
        class="tile-open"
        aria-pressed=${selection === undefined ? nothing : isSelected ? "true" : "false"}
        @click=${({ shiftKey }: MouseEvent) => pictures.press(imageId, { extend: shiftKey })}
      >
        ${pictureView(entry, () => gallery.hasShown(imageId))}
        <span class="unseen">${words.open(place, facts)}</span>
        ${isSoon
          ? html`<span class="tile-left" aria-hidden="true">${words.left(leftMs)}</span>`
          : nothing}
        ${selection === undefined
          ? nothing
          : html`<span class="tile-check">${isSelected ? icon("ready") : nothing}</span>`}
      </button>
    </li>
  `;
}

function pictureView(
  { summary, shown, isLost }: GalleryEntry,
  onShown: () => void,
): TemplateResult | typeof nothing {
  const note = (text: string) => html`<span class="tile-note">${text}</span>`;
  if (summary.status === "failed") return note(words.failedImage);
  if (summary.status === "processing") return note(words.processing);
  const { renditions, thumbhash } = shown;
  if (renditions.length === 0) return isLost ? note(words.unopened) : nothing;
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
      sizes="(min-width: 40rem) 18rem, 45vw"
      alt=""
      decoding="async"
      @load=${(event: Event) => {
        show(event);
        onShown();
      }}
    >
  `;
}

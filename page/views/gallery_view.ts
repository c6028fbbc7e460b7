import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import { daysOf } from "../gallery/days.ts";
import type { GalleryEntry } from "../gallery/gallery.ts";
import type { PageApp, Studio } from "../page_app.ts";
import { whenText } from "../quantities.ts";
import { MORE, type OnTile } from "../watched_tiles.ts";
import { refusalOf, WORDS } from "../words.ts";
import { icon } from "./icons.ts";
import { tileView } from "./tile_view.ts";

const words = WORDS.gallery;

/** One's own pictures by their days, as tiles that open or are selected. */
export function galleryView(app: PageApp, studio: Studio, onTile: OnTile): TemplateResult {
  const { entries, rejected, hasMore, state } = studio.gallery;
  const [nowMs, periodMs] = [app.now(), app.config?.periodMs ?? 1];
  let at = 0;
  return html`
    <section class="gallery" aria-labelledby="gallery-title">
      <div class="section-head">
        <h2 id="gallery-title" class="heading" tabindex="-1">${words.title}</h2>
        ${entries.length === 0 ? nothing : headView(studio)}
      </div>
      ${rejected.length === 0 ? nothing : rejectedView(app, rejected)}
      ${entries.length === 0 ? emptyView(app, studio) : nothing}
      ${repeat(daysOf(entries, { nowMs, periodMs }), ({ name }) => name, (day) =>
        html`
          <section class="day">
            <h3 class="day-name">${day.name}
              <span class="section-note">${words.day(day.entries.length, day.leftMs)}</span></h3>
            <ul class="tiles">
              ${repeat(day.entries, ({ imageId }) => imageId, (entry) =>
                tileView(entry, {
                  ...{ studio, onTile, nowMs, periodMs },
                  place: words.place(++at, entries.length),
                }))}
            </ul>
          </section>
        `)}
      ${hasMore
        ? html`
          <button
            type="button"
            class="button is-more"
            data-id=${MORE}
            ${ref(onTile)}
            ?disabled=${state === "loading"}
            @click=${() => studio.gallery.more()}
          >${words.more}</button>
        `
        : nothing}
    </section>
    ${studio.pictures.selection === undefined ? nothing : selectionView(app, studio)}
  `;
}

function headView({ gallery: { entries, hasMore }, pictures }: Studio): TemplateResult {
  const isSelecting = pictures.selection !== undefined;
  return html`
    <p class="section-note">${words.count(entries.length, hasMore)}</p>
    <button
      type="button"
      class="button is-quiet"
      aria-pressed=${isSelecting ? "true" : "false"}
      @click=${() => pictures.toggleSelecting()}
    >${words.select}</button>
  `;
}

function emptyView(app: PageApp, { gallery }: Studio): TemplateResult {
  if (gallery.state === "loading") {
    return html`<p class="empty">${app.isOnline ? words.loading : words.waiting}</p>`;
  }
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

/** What was rejected, folded: its names are kept nowhere, so times and reasons stand for them. */
function rejectedView(app: PageApp, rejected: readonly GalleryEntry[]): TemplateResult {
  return html`
    <details class="rejected">
      <summary>${icon("alert")} ${words.rejected(rejected.length)}</summary>
      <ul>
        ${repeat(rejected, ({ imageId }) => imageId, (entry) => rejectedRow(app, entry))}
      </ul>
    </details>
  `;
}

function rejectedRow(app: PageApp, entry: GalleryEntry): TemplateResult {
  const { imageId, summary, shown, image } = entry;
  const { what, todo } = refusalOf(shown.reason ?? "internal", image?.detail);
  const when = whenText(Date.parse(summary.createdAt ?? ""), { seconds: true });
  return html`
    <li class="rejected-row">
      <p><strong>${what}</strong> ${todo}</p>
      <p class="section-note">${words.rejectedAt(when)}</p>
      <button
        type="button"
        class="button is-icon"
        title=${words.erase}
        @click=${() => app.open({ kind: "erase", imageIds: [imageId] })}
      >${icon("erase")}<span class="unseen">${words.erase}, ${words.rejectedAt(
        when,
      )}</span></button>
    </li>
  `;
}

/** What can be done with the selected pictures, at the foot of the screen. */
function selectionView(app: PageApp, { pictures, gallery: { entries } }: Studio): TemplateResult {
  const { selected, isDownloading } = pictures;
  const isEmpty = selected.length === 0;
  const areAll = selected.length === entries.length;
  return html`
    <section class="selection" aria-label=${words.selected(selected.length)}>
      <p role="status">${words.selected(selected.length)}</p>
      <div class="selection-ways">
        <button type="button" class="button is-quiet" @click=${() => pictures.selectAll()}>
          ${areAll ? words.selectNone : words.selectAll}
        </button>
        <button
          type="button"
          class="button"
          ?disabled=${isEmpty || isDownloading}
          @click=${() => pictures.download(selected)}
        >${icon("download")} ${words.download}</button>
        <button
          type="button"
          class="button is-danger"
          ?disabled=${isEmpty}
          @click=${() => app.open({ kind: "erase", imageIds: selected })}
        >${icon("erase")} ${words.erase}</button>
        <button type="button" class="button is-quiet" @click=${() => pictures.toggleSelecting()}>
          ${words.done}
        </button>
      </div>
    </section>
  `;
}

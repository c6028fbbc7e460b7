import { html, nothing, type TemplateResult } from "lit-html";
import type { PageApp } from "../page_app.ts";
import { WORDS } from "../words.ts";
import { addView } from "./add_view.ts";
import { dialogsView } from "./dialogs_view.ts";
import { galleryView, type GalleryViewOptions } from "./gallery_view.ts";
import { footView, mastheadView } from "./masthead_view.ts";
import { queueView } from "./queue_view.ts";
import { welcomeView } from "./welcome_view.ts";

/** Told of each tile and row, so that it can see when they come into view. */
interface PageViewOptions extends Pick<GalleryViewOptions, "onTile"> {
  readonly onRow: GalleryViewOptions["onTile"];
}

/** The whole page. */
export function pageView(
  app: PageApp,
  { onTile, onRow }: PageViewOptions,
): TemplateResult {
  return html`
    ${app.studio === undefined
      ? nothing
      : html`<a class="skip" href="#gallery-title">${WORDS.skip}</a>`}
    ${mastheadView(app)} ${bodyView(app, { onTile, onRow })} ${footView()} ${dialogsView(app)}
    <div class="notice" role="status">${app.notice === "" ? "" : html`<p>${app.notice}</p>`}</div>
    <p class="unseen" role="status">${app.spoken}</p>
  `;
}

function bodyView(app: PageApp, { onTile, onRow }: PageViewOptions): TemplateResult {
  const { studio } = app;
  if (app.isStarting && studio === undefined) return html`<main id="main" aria-busy="true"></main>`;
  if (studio === undefined) return welcomeView(app);
  return html`
    <main class="studio" id="main">
      ${addView(app)} ${queueView(app, studio, onRow)}
      ${galleryView(app, { gallery: studio.gallery, onTile })}
    </main>
  `;
}

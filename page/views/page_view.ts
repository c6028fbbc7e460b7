import { html, nothing, type TemplateResult } from "lit-html";
import type { PageApp, Studio } from "../page_app.ts";
import type { OnTile } from "../watched_tiles.ts";
import { WORDS } from "../words.ts";
import { addView, dropView } from "./add_view.ts";
import { dialogsView } from "./dialogs_view.ts";
import { galleryView } from "./gallery_view.ts";
import { guestOverView, guestView } from "./guest_view.ts";
import { footView, mastheadView } from "./masthead_view.ts";
import { queueView } from "./queue_view.ts";
import { welcomeView } from "./welcome_view.ts";

/** Called with each tile and row, so that it is seen when they come into view. */
interface PageViewOptions {
  readonly onTile: OnTile;
  readonly onRow: OnTile;
}

/** The whole page. */
export function pageView(app: PageApp, options: PageViewOptions): TemplateResult {
  return html`
    ${app.studio === undefined || app.guest !== undefined
      ? nothing
      : html`<a class="skip" href="#gallery-title">${WORDS.skip}</a>`}
    ${mastheadView(app)} ${bodyView(app, options)} ${footView(app)} ${dialogsView(app)}
    ${dropView(app)}
    <div class="notice" role="status">${app.notice === "" ? "" : html`<p>${app.notice}</p>`}</div>
    <p class="unseen" role="status">${app.spoken}</p>
  `;
}

function bodyView(app: PageApp, options: PageViewOptions): TemplateResult {
  const { studio, guest } = app;
  if (app.isStarting && studio === undefined) return html`<main id="main" aria-busy="true"></main>`;
  if (studio === undefined) return guest === undefined ? welcomeView(app) : guestOverView();
  if (guest !== undefined) return guestView(app, { studio, guest, onRow: options.onRow });
  return studioView(app, studio, options);
}

function studioView(app: PageApp, studio: Studio, { onTile, onRow }: PageViewOptions) {
  return html`
    <main class="studio" id="main">
      ${addView(app)} ${queueView(app, studio, onRow)} ${galleryView(app, studio, onTile)}
    </main>
  `;
}

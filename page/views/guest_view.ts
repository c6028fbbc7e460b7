import { html, nothing, type TemplateResult } from "lit-html";
import type { PageApp, Studio } from "../page_app.ts";
import { whenText } from "../quantities.ts";
import { queueStateOf } from "../queue/queue_text.ts";
import type { Guest } from "../session/guest.ts";
import { WORDS } from "../words.ts";
import { addWaysView } from "./add_view.ts";
import type { OnTile } from "../watched_tiles.ts";
import { queueView } from "./queue_view.ts";

const words = WORDS.guest;

interface GuestViewOptions {
  readonly studio: Studio;
  readonly guest: Guest;
  readonly onRow: OnTile;
}

/** The page of a guest does one thing: it sends pictures, and says when they have arrived. */
export function guestView(
  app: PageApp,
  { studio, guest, onRow }: GuestViewOptions,
): TemplateResult {
  const { items } = studio.queue;
  const isDone = items.length > 0 && queueStateOf(items) === "ready";
  return html`
    <main class="guest" id="main">
      <div class="guest-text">
        <h1 id="add-title" class="display">${words.title(guest.count)}</h1>
        <p class="lead">${words.lead(whenText(guest.endsAtMs))}</p>
        ${addWaysView(app)}
      </div>
      ${queueView(app, studio, onRow)}
      <p class="guest-thanks" role="status">${isDone ? words.thanks : nothing}</p>
    </main>
  `;
}

/** What is seen when a guest's link has ended, or was taken back. */
export function guestOverView(): TemplateResult {
  return html`
    <main class="guest" id="main">
      <div class="guest-text">
        <h1 class="display">${WORDS.name}</h1>
        <p class="trouble" role="alert">${words.over}</p>
      </div>
    </main>
  `;
}

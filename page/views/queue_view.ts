import type { QueueItem } from "@tintype/client/queue/queue_item";
import { totalsOf } from "@tintype/client/queue/queue_options";
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { type Group, GROUPS, type QueueGroups, SLOTS } from "../queue/queue_groups.ts";
import {
  bytesNoteOf,
  countOf,
  groupNoteOf,
  noteOf,
  type QueueAction,
  queueActionsOf,
  titleOf,
} from "../queue/queue_text.ts";
import type { PageApp, Studio } from "../page_app.ts";
import type { OnTile } from "../watched_tiles.ts";
import { WORDS } from "../words.ts";
import { icon } from "./icons.ts";
import { buttonsView, rowView } from "./queue_row_view.ts";

const words = WORDS.queue;

/** Pictures that are on their way, and those that are finished: beside the page, so that nothing of it moves. */
export function queueView(
  app: PageApp,
  studio: Studio,
  onRow: OnTile,
): TemplateResult | typeof nothing {
  const { items, isBusy } = studio.queue;
  if (items.length === 0) return nothing;
  const isOpen = app.isQueueOpen || app.guest !== undefined;
  const names = [isBusy ? "" : "is-over", isOpen ? "" : "is-folded"];
  return html`
    <section class="queue ${names.join(" ")}" aria-labelledby="queue-title">
      ${headView(app, items)}
      <div class="queue-body" ?hidden=${!isOpen}>
        <div class="groups" id="queue-rows" tabindex="0" role="group" aria-label=${words.list}>
          ${isOpen ? groupsView(app, studio, onRow) : nothing}
        </div>
      </div>
      <div class="queue-ways">${buttonsView(
        actionsOf(app, items),
        (each) => queueButton(app, studio, each),
      )}</div>
    </section>
  `;
}

/** A guest has no gallery to show anything in. */
function actionsOf(app: PageApp, items: readonly QueueItem[]): QueueAction[] {
  return queueActionsOf(items).filter((each) => each !== "show" || app.guest === undefined);
}

function headView(app: PageApp, items: readonly QueueItem[]): TemplateResult {
  const { bytes, sentBytes } = totalsOf(items);
  return html`
    <div class="queue-head">
      <h2 id="queue-title" class="queue-title">${titleOf(items)}</h2>
      <p class="section-note">${noteOf(items)}</p>
      <p class="queue-bytes">${bytesNoteOf(items)}</p>
      ${app.guest === undefined ? foldButton(app) : nothing}
    </div>
    <progress
      class="progress"
      max=${bytes}
      .value=${sentBytes}
      aria-label=${words.progressOfAll}
    ></progress>
  `;
}

function foldButton(app: PageApp): TemplateResult {
  return html`
    <button
      type="button"
      class="button is-icon"
      aria-expanded=${app.isQueueOpen ? "true" : "false"}
      aria-controls="queue-rows"
      title=${words.list}
      @click=${() => app.toggleQueue()}
    >${icon(app.isQueueOpen ? "fold" : "unfold")}<span class="unseen">${words.list}</span></button>
  `;
}

function groupsView(app: PageApp, studio: Studio, onRow: OnTile) {
  const groups = app.queueGroups();
  const shown = GROUPS.filter((group) => groups[group].length > 0);
  return repeat(shown, (group) => group, (group) => {
    const isOpen = app.isGroupOpen(group, groups);
    const rows = isOpen ? rowsView(app, studio, { group, groups, onRow }) : nothing;
    // A group alone is what the head speaks of.
    const isPlain = group === "current" || shown.length === 1 && isOpen;
    return isPlain ? rows : html`
      <details
        class="group is-${group}"
        .open=${isOpen}
        @toggle=${({ currentTarget }: Event) => {
          const isUnfolded = currentTarget instanceof HTMLDetailsElement && currentTarget.open;
          if (isUnfolded !== isOpen) app.setGroupOpen(group, isUnfolded);
        }}
      >
        <summary class="group-head">
          <span class="group-name">${words.groups[group]}</span>
          <span class="section-note">${groupNoteOf(groups[group])}</span>
          ${icon("fold")}
        </summary>
        ${rows}
      </details>
    `;
  });
}

interface RowsOptions {
  readonly group: Group;
  readonly groups: QueueGroups;
  readonly onRow: OnTile;
}

/** The rows of a group: of what is being processed only as many as have a slot, and how many more there are. */
function rowsView(app: PageApp, studio: Studio, { group, groups, onRow }: RowsOptions) {
  const { queue, thumbnails } = studio;
  const items = groups[group];
  const shown = group === "current" ? items.slice(0, SLOTS) : items;
  const more = items.length - shown.length;
  const isGuest = app.guest !== undefined;
  return html`
    <ul class="rows" aria-label=${words.groups[group]}>
      ${repeat(
        shown,
        ({ id }) => id,
        (item) => rowView(item, { queue, thumbnail: thumbnails.of(item.id), onRow, isGuest }),
      )}
    </ul>
    ${more === 0 ? nothing : html`<p class="group-more">${words.more(more)}</p>`}
  `;
}

function queueButton(app: PageApp, { queue }: Studio, action: QueueAction): TemplateResult {
  const isShow = action === "show";
  const does = () =>
    isShow ? showReady(app) : action === "dismissAll" ? app.dismissAll() : queue[action]();
  const text = isShow ? words.show(countOf(queue.items, "ready")) : words[action];
  return html`
    <button type="button" class="button is-quiet ${isShow
      ? "is-show"
      : ""}" @click=${does}>${text}</button>
  `;
}

/** The pictures come where whoever asked for them looks next. */
function showReady(app: PageApp): void {
  app.putAwayReady();
  document.getElementById("gallery-title")?.focus();
}

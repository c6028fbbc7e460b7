import type { QueueItem } from "@tintype/client/queue/queue_item";
import type { UploadQueue } from "@tintype/client/queue/upload_queue";
import { html, nothing, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import { shortTypeOf } from "../queue/picture_types.ts";
import { type RowAction, rowActionsOf, stateText } from "../queue/queue_text.ts";
import type { OnTile } from "../watched_tiles.ts";
import { refusalOf, WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const words = WORDS.queue;

interface RowOptions {
  readonly queue: UploadQueue;
  readonly thumbnail: string | null | undefined;
  readonly onRow: OnTile;
  readonly isGuest: boolean;
}

/** One file of the queue; drawn anew only where something of it has changed. */
export function rowView(item: QueueItem, options: RowOptions) {
  return guard([item, options.thumbnail], () => drawRow(item, options));
}

function drawRow(
  item: QueueItem,
  { queue, thumbnail, onRow, isGuest }: RowOptions,
): TemplateResult {
  const { id, name, state, size, sentBytes } = item;
  const hasBar = ["sending", "waiting", "paused", "processing"].includes(state);
  return html`
    <li class="row is-${state}" data-id=${id} ${ref(onRow)}>
      ${thumbnailView(item, thumbnail)}
      <div class="row-text">
        <p class="row-name">${name}</p>
        ${state === "refused" ? refusalView(item, isGuest) : html`
          <p class="row-state">${state === "ready" ? icon("ready") : nothing}${stateText(item)}</p>
        `}
        ${hasBar
          ? html`
            <progress
              class="progress"
              max=${size}
              .value=${sentBytes}
              aria-label=${words.progressOf(name)}
            ></progress>
          `
          : nothing}
      </div>
      <div class="row-ways">${buttonsView(
        rowActionsOf(item),
        (each) => rowButton(queue, item, each),
      )}</div>
    </li>
  `;
}

function thumbnailView({ type }: QueueItem, thumbnail: RowOptions["thumbnail"]): TemplateResult {
  if (typeof thumbnail === "string") {
    return html`<img class="row-picture" src=${thumbnail} alt="" width="56" height="56">`;
  }
  const text = thumbnail === null ? shortTypeOf(type) : "";
  return html`<span class="row-picture is-missing" aria-hidden="true">${text}</span>`;
}

function refusalView({ problem }: QueueItem, isGuest: boolean): TemplateResult {
  const isFull = isGuest && problem?.code === "forbidden";
  const { what, todo } = isFull
    ? WORDS.guest.full
    : refusalOf(problem?.code ?? "internal", problem?.detail);
  return html`
    <p class="row-refusal">${icon("alert")} <strong>${what}</strong> ${todo}</p>
  `;
}

/** A button an action, which goes with it: one that stayed as another's would keep the focus. */
export function buttonsView<Action>(
  actions: readonly Action[],
  view: (action: Action) => TemplateResult,
) {
  return repeat(actions, (action) => action, view);
}

function rowButton(queue: UploadQueue, item: QueueItem, action: RowAction): TemplateResult {
  const isLast = action === "cancel" || action === "dismiss";
  const does = () => isLast ? takeOut(queue, item) : queue[action](item.id);
  return html`
    <button type="button" class="button is-icon" title=${words[action]} @click=${does}>
      ${icon(isLast ? "close" : action)}<span class="unseen">${words[action]} ${item.name}</span>
    </button>
  `;
}

function takeOut(queue: UploadQueue, { id }: QueueItem): void {
  focusNextRow(id);
  void queue.remove(id);
}

/** Whoever takes a row out by keyboard goes on at the next one, or at the part's title. */
function focusNextRow(id: string): void {
  const rows = [...document.querySelectorAll<HTMLElement>(".row")];
  const at = rows.findIndex((row) => row.dataset["id"] === id);
  const next = rows[at + 1] ?? rows[at - 1];
  const target = next?.querySelector("button") ??
    (next && document.querySelector(".queue-head button")) ?? document.getElementById("add-title");
  if (target instanceof HTMLElement) {
    if (!target.matches("button")) target.tabIndex = -1;
    target.focus();
  }
}

import type { QueueItem } from "@tintype/client/queue/queue_item";
import type { UploadQueue } from "@tintype/client/queue/upload_queue";
import { html, nothing, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import { shortTypeOf } from "../queue/picture_types.ts";
import {
  countOf,
  noteOf,
  type QueueAction,
  queueActionsOf,
  type RowAction,
  rowActionsOf,
  stateText,
  titleOf,
} from "../queue/queue_text.ts";
import type { PageApp, Studio } from "../page_app.ts";
import { refusalOf, WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const words = WORDS.queue;

/** Pictures that are on their way, and those that are finished: beside the page, so that nothing of it moves. */
export function queueView(
  app: PageApp,
  { queue, thumbnails }: Studio,
  onRow: (row: Element | undefined) => void,
): TemplateResult | typeof nothing {
  const { items } = queue;
  if (items.length === 0) return nothing;
  return html`
    <section class="queue ${queue.isBusy ? "" : "is-over"} ${app.isQueueOpen
      ? ""
      : "is-folded"}" aria-labelledby="queue-title">
      <div class="queue-head">
        <h2 id="queue-title" class="queue-title">${titleOf(items)}</h2>
        <p class="section-note">${noteOf(items)}</p>
        ${foldButton(app)}
      </div>
      ${progressView(items)}
      <div class="queue-body" ?hidden=${!app.isQueueOpen}>
        <ul class="rows" id="queue-rows" tabindex="0" aria-labelledby="queue-title">
          ${repeat(items, ({ id }) => id, (item) => {
            const thumbnail = thumbnails.of(item.id);
            return guard([item, thumbnail], () => rowView(item, { queue, thumbnail, onRow }));
          })}
        </ul>
      </div>
      <div class="queue-ways">${buttons(
        queueActionsOf(items),
        (each) => queueButton(app, queue, each),
      )}</div>
    </section>
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

/** How much of all that may still be taken the store holds. */
function progressView(items: readonly QueueItem[]): TemplateResult {
  const taken = items.filter(({ state }) => state !== "refused");
  const sum = (of: (item: QueueItem) => number) => taken.reduce((all, item) => all + of(item), 0);
  return html`
    <progress
      class="progress"
      max=${sum(({ size }) => size)}
      .value=${sum(({ sentBytes }) => sentBytes)}
      aria-label=${words.progressOfAll}
    ></progress>
  `;
}

/** A button an action, which goes with it: one that stayed as another's would keep the focus. */
function buttons<Action>(actions: readonly Action[], view: (action: Action) => TemplateResult) {
  return repeat(actions, (action) => action, view);
}

function queueButton(app: PageApp, queue: UploadQueue, action: QueueAction): TemplateResult {
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

interface RowOptions {
  readonly queue: UploadQueue;
  readonly thumbnail: string | null | undefined;
  readonly onRow: (row: Element | undefined) => void;
}

function rowView(item: QueueItem, { queue, thumbnail, onRow }: RowOptions): TemplateResult {
  const { id, name, state, size, sentBytes } = item;
  return html`
    <li class="row is-${state}" data-id=${id} ${ref(onRow)}>
      ${thumbnailView(item, thumbnail)}
      <div class="row-text">
        <p class="row-name">${name}</p>
        ${state === "refused" ? refusalView(item) : html`
          <p class="row-state">${state === "ready" ? icon("ready") : nothing}${stateText(item)}</p>
        `}
        ${state === "refused" ? nothing : html`
          <progress
            class="progress"
            max=${size}
            .value=${sentBytes}
            aria-label=${words.progressOf(name)}
          ></progress>
        `}
      </div>
      <div class="row-ways">${buttons(
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

function refusalView({ problem }: QueueItem): TemplateResult {
  const { what, todo } = refusalOf(problem?.code ?? "internal", problem?.detail);
  return html`
    <p class="row-refusal">${icon("alert")} <strong>${what}</strong> ${todo}</p>
  `;
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
  const row = document.querySelector(`.row[data-id="${id}"]`);
  const next = row?.nextElementSibling ?? row?.previousElementSibling;
  const target = next?.querySelector("button") ??
    (next && document.querySelector(".queue-head button")) ?? document.getElementById("add-title");
  if (target instanceof HTMLElement) {
    if (!target.matches("button")) target.tabIndex = -1;
    target.focus();
  }
}

import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { shortTypeOf } from "../queue/media_type_of.ts";
import { PAUSABLE, type QueueItem } from "../queue/queue_item.ts";
import type { PageApp } from "../page_app.ts";
import type { UploadQueue } from "../queue/upload_queue.ts";
import { refusalOf, WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const words = WORDS.queue;

/** Pictures that are on their way, and those that are finished: beside the page, so that nothing of it moves. */
export function queueView(app: PageApp, queue: UploadQueue): TemplateResult | typeof nothing {
  const { items } = queue;
  if (items.length === 0) return nothing;
  const count = (state: QueueItem["state"]) => items.filter((item) => item.state === state).length;
  const [ready, refused] = [count("ready"), count("refused")];
  const note = words.progress(ready, items.length - refused, refused);
  return html`
    <section class="queue ${queue.isBusy ? "" : "is-over"} ${app.isQueueOpen
      ? ""
      : "is-folded"}" aria-labelledby="queue-title">
      <div class="queue-head">
        <h2 id="queue-title" class="queue-title">${titleOf(queue, ready)}</h2>
        <p class="section-note">${note}</p>
        ${foldButton(app)}
      </div>
      ${progressView(items)}
      <div class="queue-body" ?hidden=${!app.isQueueOpen}>
        <ul class="rows" id="queue-rows" tabindex="0" aria-labelledby="queue-title">
          ${repeat(items, ({ id }) => id, (item) => rowView(item, queue))}
        </ul>
      </div>
      <div class="queue-ways">${allButtons(queue, ready)}</div>
    </section>
  `;
}

function titleOf(queue: UploadQueue, ready: number): string {
  if (queue.isBusy) return words.title;
  return ready === 0 ? words.refusedTitle : words.doneTitle;
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
      .value=${sum(({ heldBytes }) => heldBytes)}
      aria-label=${words.progressOfAll}
    ></progress>
  `;
}

function allButtons(queue: UploadQueue, ready: number): (TemplateResult | typeof nothing)[] {
  const { items } = queue;
  const button = (text: string, does: () => void, kind = "") =>
    html`<button type="button" class="button is-quiet ${kind}" @click=${does}>${text}</button>`;
  return [
    ready === 0 ? nothing : button(words.show(ready), () => showReady(queue), "is-show"),
    items.some(({ state }) => PAUSABLE.has(state))
      ? button(words.pauseAll, () => queue.pauseAll())
      : nothing,
    items.some(({ state }) => state === "paused")
      ? button(words.resumeAll, () => queue.resumeAll())
      : nothing,
    items.filter(({ state }) => state === "refused").length > 1
      ? button(words.dismissAll, () => queue.dismissAll())
      : nothing,
  ];
}

/** The pictures come where whoever asked for them looks next. */
function showReady(queue: UploadQueue): void {
  queue.putAwayReady();
  document.getElementById("gallery-title")?.focus();
}

function rowView(item: QueueItem, queue: UploadQueue): TemplateResult {
  const { id, name, state, size, heldBytes } = item;
  return html`
    <li class="row is-${state}" data-id=${id}>
      ${thumbnailView(item)}
      <div class="row-text">
        <p class="row-name">${name}</p>
        ${state === "refused" ? refusalView(item) : html`
          <p class="row-state">${state === "ready" ? icon("ready") : nothing}${stateText(item)}</p>
        `}
        ${state === "refused" ? nothing : html`
          <progress
            class="progress"
            max=${size}
            .value=${heldBytes}
            aria-label=${words.progressOf(name)}
          ></progress>
        `}
      </div>
      <div class="row-ways">${rowButtons(item, queue)}</div>
    </li>
  `;
}

function thumbnailView({ thumbnail, type }: QueueItem): TemplateResult {
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

function stateText(item: QueueItem): string {
  const { state, heldBytes, size, bytesPerSecond, isHeldUp, isKept } = item;
  const { states } = words;
  const texts = {
    queued: states.queued,
    reading: states.reading,
    sending: states.sending(heldBytes, size, bytesPerSecond),
    waiting: isHeldUp ? states.heldUp : states.waiting,
    paused: states.paused(heldBytes, size),
    developing: states.developing,
    ready: states.ready,
    refused: "",
  } as const satisfies Record<QueueItem["state"], string>;
  return isKept || state === "ready" ? texts[state] : `${texts[state]}. ${words.notKept}`;
}

function rowButtons(item: QueueItem, queue: UploadQueue): (TemplateResult | typeof nothing)[] {
  const { id, name, state, problem } = item;
  const button = (text: string, drawing: Parameters<typeof icon>[0], does: () => void) =>
    html`
      <button type="button" class="button is-icon" title=${text} @click=${does}>
        ${icon(drawing)}<span class="unseen">${text} ${name}</span>
      </button>
    `;
  const canRetry = state === "refused" && refusalOf(problem?.code ?? "internal").canRetry;
  return [
    PAUSABLE.has(state) ? button(words.pause, "pause", () => queue.pause(id)) : nothing,
    state === "paused" ? button(words.resume, "resume", () => queue.resume(id)) : nothing,
    canRetry ? button(words.retry, "retry", () => queue.retry(id)) : nothing,
    state === "developing" || state === "ready"
      ? nothing
      : button(state === "refused" ? words.dismiss : words.cancel, "close", () => {
        focusNextRow(id);
        void queue.remove(id);
      }),
  ];
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

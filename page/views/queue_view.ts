import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { shortTypeOf } from "../queue/media_type_of.ts";
import { PAUSABLE, type QueueItem } from "../queue/queue_item.ts";
import type { UploadQueue } from "../queue/upload_queue.ts";
import { refusalOf, WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const words = WORDS.queue;

/** Pictures that are on their way, and those that were refused. */
export function queueView(queue: UploadQueue): TemplateResult | typeof nothing {
  const { items } = queue;
  if (items.length === 0) return nothing;
  const refused = items.filter(({ state }) => state === "refused").length;
  const total = items.length - refused + queue.readyCount;
  const isOver = refused === items.length;
  return html`
    <section class="queue" aria-labelledby="queue-title">
      <div class="section-head">
        <h2 id="queue-title" class="heading">${isOver ? words.refusedTitle : words.title}</h2>
        ${isOver
          ? nothing
          : html`<p class="section-note">${words.progress(queue.readyCount, total)}</p>`}
        <div class="section-ways">${allButtons(queue)}</div>
      </div>
      <ul class="rows">
        ${repeat(items, ({ id }) => id, (item) => rowView(item, queue))}
      </ul>
    </section>
  `;
}

function allButtons(queue: UploadQueue): (TemplateResult | typeof nothing)[] {
  const { items } = queue;
  const button = (text: string, does: () => void) =>
    html`<button type="button" class="button is-quiet" @click=${does}>${text}</button>`;
  return [
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

function rowView(item: QueueItem, queue: UploadQueue): TemplateResult {
  const { id, name, state, size, heldBytes } = item;
  return html`
    <li class="row is-${state}" data-id=${id}>
      ${thumbnailView(item)}
      <div class="row-text">
        <p class="row-name">${name}</p>
        ${state === "refused"
          ? refusalView(item)
          : html`<p class="row-state">${stateText(item)}</p>`}
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

function stateText({ state, heldBytes, size, bytesPerSecond, isKept }: QueueItem): string {
  const { states } = words;
  const texts = {
    queued: states.queued,
    reading: states.reading,
    sending: states.sending(heldBytes, size, bytesPerSecond),
    waiting: states.waiting,
    paused: states.paused(heldBytes, size),
    developing: states.developing,
    refused: "",
  } as const satisfies Record<QueueItem["state"], string>;
  return isKept ? texts[state] : `${texts[state]}. ${words.notKept}`;
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
    state === "developing"
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
  const target = next?.querySelector("button") ?? document.getElementById("add-title");
  if (target instanceof HTMLElement) {
    if (!target.matches("button")) target.tabIndex = -1;
    target.focus();
  }
}

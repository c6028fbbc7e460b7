import { html, nothing, type TemplateResult } from "lit-html";
import type { OpenDialog } from "../open_dialog.ts";
import type { PageApp, Studio } from "../page_app.ts";
import { WORDS } from "../words.ts";
import { guestLinkView } from "./guest_link_view.ts";
import { viewerView } from "./viewer_view.ts";

/** Every dialog of the page; `data-open` says which ones are to be open, and {@link syncDialogs} sees to it. */
export function dialogsView(app: PageApp): TemplateResult {
  const { studio } = app;
  return html`
    ${studio === undefined ? nothing : studioDialogs(app, studio)}
    ${confirmView(app, {
      kind: "sign-out",
      words: WORDS.signOut,
      busy: "",
      onYes: () => app.signOut(true),
      onNo: () => app.close(),
    })}
  `;
}

function studioDialogs(app: PageApp, studio: Studio): TemplateResult {
  const { dialog } = app;
  const openId = dialog.kind === "image"
    ? dialog.imageId
    : dialog.kind === "erase"
    ? dialog.from
    : undefined;
  const entry = studio.gallery.entries.find(({ imageId }) => imageId === openId);
  const count = dialog.kind === "erase" ? dialog.imageIds.length : 1;
  const { title, text, confirm, cancel, busy } = WORDS.erase;
  return html`
    <dialog
      class="viewer"
      aria-labelledby="image-title"
      ?data-open=${entry !== undefined}
      @close=${whenPutAway(() => app.dialog.kind === "image" && app.close())}
    >${entry === undefined ? nothing : viewerView(app, studio, entry)}</dialog>
    <dialog
      class="guest-link"
      aria-labelledby="guest-link-title"
      ?data-open=${dialog.kind === "guest-link"}
      @close=${whenPutAway(() => app.dialog.kind === "guest-link" && app.close())}
    >${dialog.kind === "guest-link"
      ? guestLinkView(app, studio.session, dialog.link)
      : nothing}</dialog>
    ${confirmView(app, {
      kind: "erase",
      words: { title: title(count), text, confirm: confirm(count), cancel: cancel(count) },
      busy: studio.pictures.isErasing ? busy : "",
      onYes: () => studio.pictures.erase(),
      onNo: () =>
        app.open(openId === undefined ? { kind: "none" } : { kind: "image", imageId: openId }),
    })}
  `;
}

interface Confirm {
  readonly kind: OpenDialog["kind"];
  readonly words: Readonly<Record<"title" | "text" | "confirm" | "cancel", string>>;
  /** The button's text while it is being done; empty where it is not. */
  readonly busy: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

function confirmView(app: PageApp, { kind, words, busy, onYes, onNo }: Confirm): TemplateResult {
  return html`
    <dialog
      class="confirm"
      aria-labelledby="${kind}-title"
      aria-describedby="${kind}-text"
      ?data-open=${app.dialog.kind === kind}
      @close=${whenPutAway(() => app.dialog.kind === kind && onNo())}
    >
      <h2 id="${kind}-title" class="heading">${words.title}</h2>
      <p id="${kind}-text">${words.text}</p>
      <div class="confirm-ways">
        <button type="button" class="button" autofocus @click=${onNo}>${words.cancel}</button>
        <button type="button" class="button is-danger" ?disabled=${busy !== ""} @click=${onYes}>
          ${busy || words.confirm}
        </button>
      </div>
    </dialog>
  `;
}

/**
 * Does it where a person closed the dialog, by Escape. The event comes a task later, so that one which a draw closed
 * may be open again by then.
 */
function whenPutAway(does: () => unknown): (event: Event) => void {
  return ({ currentTarget }) => {
    if (!(currentTarget instanceof HTMLDialogElement)) return;
    if (!currentTarget.open && currentTarget.hasAttribute("data-open")) does();
  };
}

/** Opens and closes dialogs as the views say; the browser keeps the focus inside, and gives it back. */
export function syncDialogs(root: Element): void {
  for (const dialog of root.querySelectorAll("dialog")) {
    const isWanted = dialog.hasAttribute("data-open");
    if (isWanted && !dialog.open) dialog.showModal();
    if (!isWanted && dialog.open) dialog.close();
  }
}

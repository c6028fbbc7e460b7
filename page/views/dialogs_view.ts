import { html, nothing, type TemplateResult } from "lit-html";
import type { OpenDialog, PageApp } from "../page_app.ts";
import { WORDS } from "../words.ts";
import { imageDialogView } from "./image_dialog_view.ts";

/** Every dialog of the page; `data-open` says which ones are to be open, and {@link syncDialogs} sees to it. */
export function dialogsView(app: PageApp): TemplateResult {
  const { dialog, studio } = app;
  const imageId = "imageId" in dialog ? dialog.imageId : undefined;
  const entry = studio?.gallery.entries.find((each) => each.imageId === imageId);
  return html`
    <dialog
      class="viewer"
      aria-labelledby="image-title"
      ?data-open=${entry !== undefined}
      @close=${() => closeOf(app, "image")}
      @click=${closeOnBackdrop}
    >${entry === undefined ? nothing : imageDialogView(app, entry)}</dialog>
    ${confirmView(app, {
      kind: "erase",
      words: WORDS.erase,
      busy: app.isErasing ? WORDS.erase.busy : "",
      onYes: () => app.erase(),
      onNo: () => imageId !== undefined && app.open({ kind: "image", imageId }),
    })}
    ${confirmView(app, {
      kind: "sign-out",
      words: WORDS.signOut,
      busy: "",
      onYes: () => app.signOut(true),
      onNo: () => app.close(),
    })}
  `;
}

interface Confirm {
  readonly kind: OpenDialog["kind"];
  readonly words: Readonly<Record<"title" | "text" | "confirm" | "cancel", string>>;
  /** What stands on the button while it is being done; empty where it is not. */
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
      @close=${() => app.dialog.kind === kind && onNo()}
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

/** Escape closes the picture, unless the question over it was what was closed. */
function closeOf(app: PageApp, kind: OpenDialog["kind"]): void {
  if (app.dialog.kind === kind) app.close();
}

function closeOnBackdrop({ target, currentTarget }: Event): void {
  if (target === currentTarget && target instanceof HTMLDialogElement) target.close();
}

/** Opens and closes dialogs as the views say; the browser keeps the focus inside, and gives it back. */
export function syncDialogs(root: Element): void {
  for (const dialog of root.querySelectorAll("dialog")) {
    const isWanted = dialog.hasAttribute("data-open");
    if (isWanted && !dialog.open) dialog.showModal();
    if (!isWanted && dialog.open) dialog.close();
  }
}

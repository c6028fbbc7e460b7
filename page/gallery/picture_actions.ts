/** What people do with pictures of the gallery: go from one to the next, select several, download and erase them. */
import type { Image } from "@tintype/client/client";
import type { OpenDialog } from "../open_dialog.ts";
import { WORDS } from "../words.ts";
import type { Gallery } from "./gallery.ts";
import { Selection } from "./selection.ts";

/** The page as these actions see it. */
interface Page {
  readonly dialog: OpenDialog;
  open(dialog: OpenDialog): void;
  say(text: string): void;
  changed(): void;
}

/** What they work with. */
interface PictureActionsOptions {
  readonly page: Page;
  readonly gallery: Gallery;
  /** Saves pictures, and returns how many. */
  readonly download: (images: readonly Image[]) => Promise<number>;
}

/** The actions of one signed-in person. */
export class PictureActions {
  readonly #options: PictureActionsOptions;
  /** Undefined where pictures open instead of being selected. */
  selection: Selection | undefined;
  isErasing = false;
  isDownloading = false;

  constructor(options: PictureActionsOptions) {
    this.#options = options;
  }

  /** Every picture that is shown, in its order. */
  get order(): readonly string[] {
    return this.#options.gallery.entries.map(({ imageId }) => imageId);
  }

  /** The selected ones, in the gallery's order. */
  get selected(): readonly string[] {
    return this.selection?.of(this.order) ?? [];
  }

  /** Begins to select, or ends it. */
  toggleSelecting(): void {
    this.selection = this.selection === undefined ? new Selection() : undefined;
    this.#options.page.changed();
  }

  /** Opens a picture; while pictures are selected it is selected or no longer, with `extend` all up to it. */
  press(imageId: string, { extend = false } = {}): void {
    const { selection } = this;
    const { page } = this.#options;
    if (selection === undefined) return page.open({ kind: "image", imageId });
    if (extend) selection.extendTo(imageId, this.order);
    else selection.toggle(imageId);
    page.changed();
  }

  selectAll(): void {
    this.selection?.toggleAll(this.order);
    this.#options.page.changed();
  }

  /** The picture that is so many places away from the open one; undefined where there is none. */
  neighbour(by: number): string | undefined {
    const { dialog } = this.#options.page;
    const at = dialog.kind === "image" ? this.order.indexOf(dialog.imageId) : -1;
    return at < 0 ? undefined : this.order[at + by];
  }

  /** Goes on to the picture so many places away; older ones are listed as they are come near to. */
  step(by: number): void {
    const next = this.neighbour(by);
    const { page, gallery } = this.#options;
    if (by > 0 && this.neighbour(by + 3) === undefined) void gallery.more();
    if (next !== undefined) page.open({ kind: "image", imageId: next });
  }

  /** Downloads pictures as files. */
  async download(imageIds: readonly string[]): Promise<void> {
    const { page, gallery } = this.#options;
    this.isDownloading = true;
    if (imageIds.length > 1) page.say(WORDS.gallery.downloading);
    try {
      const count = await this.#options.download(await gallery.readAll(imageIds));
      page.say(count === 0 ? WORDS.gallery.notDownloaded : WORDS.gallery.downloaded(count));
    } catch {
      page.say(WORDS.gallery.notDownloaded);
    }
    this.isDownloading = false;
    page.changed();
  }

  /** Erases the pictures that the dialog asks about; goes on to the next one where one was open. */
  async erase(): Promise<void> {
    const { page, gallery } = this.#options;
    const { dialog } = page;
    if (dialog.kind !== "erase") return;
    const { imageIds, from } = dialog;
    const at = this.order.indexOf(from ?? "");
    this.isErasing = true;
    page.changed();
    const failed = await gallery.erase(imageIds);
    this.isErasing = false;
    const { order } = this;
    const next = from === undefined ? undefined : order[at] ?? order.at(-1);
    const isOver = next === undefined;
    page.open(isOver ? { kind: "none" } : { kind: "image", imageId: next });
    if (failed === 0) this.selection = undefined;
    page.say(failed === 0 ? WORDS.erase.done(imageIds.length) : WORDS.erase.failed(failed));
  }
}

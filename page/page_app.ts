/**
 * The page's state and what people can do with it: sign in, add, watch the queue, look at the gallery, invite, sign out.
 * Views read it and call it; `onChange` is called whenever they are to be drawn again.
 */
import type { Client, Limits, TokenSource } from "@tintype/client/client";
import { typeOfFile } from "@tintype/client/queue/admission";
import type { KeptFiles } from "@tintype/client/queue/kept_files";
import type { QueueItem } from "@tintype/client/queue/queue_item";
import type { UploadQueue } from "@tintype/client/queue/upload_queue";
import { download } from "./gallery/download.ts";
import { Gallery } from "./gallery/gallery.ts";
import { PictureActions } from "./gallery/picture_actions.ts";
import type { OpenDialog } from "./open_dialog.ts";
import type { PageConfig } from "./page_config.ts";
import { isOwnFile } from "./queue/dropped_files.ts";
import {
  type Group,
  groupsOf,
  isUnfolded,
  nextSlots,
  type QueueGroups,
} from "./queue/queue_groups.ts";
import { countOf } from "./queue/queue_text.ts";
import { Thumbnails } from "./queue/thumbnails.ts";
import { canInvite, type Guest } from "./session/guest.ts";
import { type Session, SignedOut, type SignInWay, tokenTroubleOf } from "./session/session.ts";
import { refusalOf, WORDS } from "./words.ts";

/** What a signed-in person, or a guest, has. */
export interface Studio {
  readonly session: Session;
  readonly queue: UploadQueue;
  readonly thumbnails: Thumbnails;
  readonly gallery: Gallery;
  readonly pictures: PictureActions;
}

/** What the page is made of. */
interface PageAppOptions {
  readonly kept: KeptFiles;
  /** Makes the client of a signed-in person. */
  readonly clientOf: (account: string, token: TokenSource) => Client;
  /** Takes a person's unfinished sessions, whose addresses are credentials, out of this browser. */
  readonly forget: (account: string) => Promise<void>;
  readonly onChange: () => void;
  /** The server's time in milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether pictures may come into the gallery unasked, as that moves nothing in view. */
  readonly mayFillGallery: () => boolean;
  /** The row of the queue that is under the pointer or has the focus. */
  readonly heldRow: () => string | undefined;
  /** Whether the queue's list is unfolded at first. */
  readonly isQueueOpen: boolean;
  /** Pictures that the gallery lists at once. */
  readonly galleryPage: number;
}

const NOTICE_MS = 6_000;
/** Of so many files each one's end is read aloud; of more only that all have ended. */
const READ_ALOUD = 3;

/** The page. */
export class PageApp {
  readonly #options: PageAppOptions;
  readonly #folds = new Map<Group, boolean>();
  #way: SignInWay | undefined;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #slots: readonly string[] = [];
  config: PageConfig | undefined;
  /** Who came by a link for one upload. */
  guest: Guest | undefined;
  studio: Studio | undefined;
  dialog: OpenDialog = { kind: "none" };
  isStarting = true;
  isSigningIn = false;
  isDragging = false;
  isQueueOpen: boolean;
  /** Whether the person can make links for guests. */
  canInvite = false;
  /** The page itself has just come over the network, whatever the browser says of its state. */
  isOnline = true;
  /** Why somebody cannot sign in, or must do so again. */
  trouble = "";
  /** Shown for some seconds, and read aloud. */
  notice = "";
  /** Read aloud alone. */
  spoken = "";

  constructor(options: PageAppOptions) {
    this.#options = options;
    this.isQueueOpen = options.isQueueOpen;
  }

  /** The server's time in milliseconds since the epoch. */
  now(): number {
    return this.#options.now();
  }

  /** What may be sent; undefined until it is known. */
  get limits(): Limits | undefined {
    return this.studio?.queue.limits;
  }

  /** Brings back who was signed in before a reload, or lets a guest in. */
  async start(
    config: PageConfig,
    { way, guest }: { readonly way: SignInWay | undefined; readonly guest?: Guest | undefined },
  ): Promise<void> {
    this.config = config;
    this.guest = guest;
    this.#way = way;
    await this.#options.kept.removeBefore(this.#keptSinceMs());
    await this.#enterBy(() => way?.restore());
    this.isStarting = false;
    this.changed();
  }

  async signIn(): Promise<void> {
    this.isSigningIn = true;
    this.trouble = "";
    this.changed();
    await this.#enterBy(() => this.#way?.begin());
    this.isSigningIn = false;
    this.changed();
  }

  /** Signs out; asks first where pictures would be taken out of this browser. */
  async signOut(isSure = false): Promise<void> {
    const { studio } = this;
    if (studio === undefined) return;
    if (!isSure && studio.queue.isBusy) {
      return this.open({ kind: "sign-out" });
    }
    this.dialog = { kind: "none" };
    this.studio = undefined;
    this.changed();
    await studio.queue.clear();
    await this.#options.forget(studio.session.account).catch(() => undefined); // gone with it
    await this.#way?.end().catch(() => undefined); // nothing of it is left in this browser
  }

  /** Adds files; what is no picture is left out where a whole folder was given, else its row says so. */
  async add(files: readonly File[], { isFolder = false } = {}): Promise<void> {
    const own = files.filter(isOwnFile);
    const found = await Promise.all(own.map((file) => isFolder ? typeOfFile(file) : "image/"));
    const wanted = own.filter((_, at) => found[at]?.startsWith("image/"));
    const skipped = own.length - wanted.length;
    if (wanted.length === 0 && skipped === 0) return;
    this.say([
      wanted.length === 0 ? WORDS.add.nothing : `${WORDS.add.added(wanted.length)}.`,
      ...(skipped === 0 ? [] : [WORDS.add.skipped(skipped)]),
    ].join(" "));
    await this.studio?.queue.add(wanted);
  }

  open(dialog: OpenDialog): void {
    this.dialog = dialog;
    this.lookAgain();
    this.changed();
  }

  close(): void {
    this.open({ kind: "none" });
  }

  /** Sees to it that the addresses in the open dialog lead somewhere, and that nothing outlives its time. */
  lookAgain(): void {
    const { dialog, studio } = this;
    this.putAwayReady(({ image }) => Date.parse(image?.purgeAt ?? "") <= this.now());
    void studio?.queue.removeBefore(this.#keptSinceMs());
    if (dialog.kind === "image") studio?.gallery.wantAddresses(dialog.imageId);
  }

  /** Lets what is ready leave for the gallery: all of it, or what `which` chooses. */
  putAwayReady(which: (item: QueueItem) => boolean = () => true): void {
    this.#putAway((item) => item.state === "ready" && which(item));
  }

  /** Puts away all that was refused. */
  dismissAll(): void {
    this.#putAway(({ state }) => state === "refused");
  }

  #putAway(which: (item: QueueItem) => boolean): void {
    for (const item of this.studio?.queue.items ?? []) {
      if (which(item)) void this.studio?.queue.remove(item.id);
    }
  }

  /** What was added before that time, by this device's clock, has outlived the retention period in this browser. */
  #keptSinceMs(): number {
    return Date.now() - (this.config?.periodMs ?? Infinity);
  }

  /** The queue's items as its list shows them now. */
  queueGroups(): QueueGroups {
    const items = this.studio?.queue.items ?? [];
    this.#slots = nextSlots(items, this.#slots, this.#options.heldRow());
    return groupsOf(items, this.#slots);
  }

  /** Whether a group of the queue's list shows its rows. */
  isGroupOpen(group: Group, groups: QueueGroups): boolean {
    return this.#folds.get(group) ?? isUnfolded(group, groups);
  }

  /** Folds or unfolds a group of the queue's list. */
  setGroupOpen(group: Group, isOpen: boolean): void {
    this.#folds.set(group, isOpen);
    this.changed();
  }

  /** Folds or unfolds the queue's list. */
  toggleQueue(): void {
    this.isQueueOpen = !this.isQueueOpen;
    this.changed();
  }

  /** The service cannot be reached any more, or can again. */
  setOnline(isOnline: boolean): void {
    this.isOnline = isOnline;
    if (isOnline) {
      this.say(WORDS.online);
      this.studio?.queue.retryAll();
      if (this.studio?.gallery.state === "failed") void this.studio.gallery.refresh();
    }
    this.changed();
  }

  /** Shows a sentence for some seconds. */
  say(text: string): void {
    clearTimeout(this.#noticeTimer);
    this.notice = text;
    this.changed();
    this.#noticeTimer = setTimeout(() => {
      this.notice = "";
      this.changed();
    }, NOTICE_MS);
  }

  changed(): void {
    this.#options.onChange();
  }

  async #enterBy(find: () => Promise<Session | undefined> | undefined): Promise<void> {
    try {
      const session = await find();
      if (session !== undefined) await this.#enter(session);
    } catch (error) {
      this.trouble = error instanceof SignedOut ? WORDS.welcome.again : WORDS.welcome.failed;
    }
  }

  async #enter(session: Session): Promise<void> {
    const { account } = session;
    const { clientOf, now, galleryPage, kept } = this.#options;
    const client = clientOf(account, ({ refused }) => this.#tokenOf(session, refused));
    const onChange = () => this.changed();
    const gallery = new Gallery({ client, now, onChange, page: galleryPage });
    const pictures = new PictureActions({ page: this, gallery, download });
    const thumbnails = new Thumbnails(onChange);
    const queue = client.queue({
      ...{ account, onChange, store: kept },
      canRetry: ({ code }) => refusalOf(code).canRetry,
      onEnd: (item) => this.#ended(item),
      onRemove({ id, image, readAtMs }) {
        thumbnails.forget(id);
        if (image !== undefined) gallery.add(image, readAtMs);
      },
    });
    if (this.guest === undefined) void gallery.refresh();
    // What was kept is there from the first moment, so that nothing moves when it comes.
    await queue.restore();
    this.studio = { session, queue, thumbnails, gallery, pictures };
    this.changed();
    this.canInvite = this.guest === undefined && await canInvite(session).catch(() => false);
    this.changed();
  }

  #ended({ name, state, problem }: QueueItem): void {
    const items = this.studio?.queue.items ?? [];
    const what = refusalOf(problem?.code ?? "").what;
    const isBusy = this.studio?.queue.isBusy === true;
    if (state !== "ready") this.#speak(WORDS.queue.refused(name, what));
    else if (items.length <= READ_ALOUD) this.#speak(WORDS.queue.ready(name));
    else if (!isBusy) this.#speak(WORDS.queue.allReady(countOf(items, "ready")));
    if (!isBusy && this.guest === undefined && this.#options.mayFillGallery()) this.putAwayReady();
  }

  async #tokenOf(session: Session, refused: string | undefined): Promise<string> {
    try {
      return await session.token({ refused });
    } catch (error) {
      if (error instanceof SignedOut) this.#sessionIsOver();
      throw tokenTroubleOf(error);
    }
  }

  #sessionIsOver(): void {
    this.studio?.queue.stop();
    this.studio = undefined;
    this.dialog = { kind: "none" };
    this.trouble = this.guest === undefined ? WORDS.welcome.again : WORDS.guest.over;
    this.changed();
  }

  #speak(text: string): void {
    this.spoken = text;
    this.changed();
  }
}

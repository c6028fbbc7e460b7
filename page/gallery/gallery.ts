/**
 * The gallery: pages of one's own pictures, newest first; a picture's renditions are asked for when its tile comes into
 * view, and again before their addresses end. Every change is told by `onChange`.
 */
import type { Client, Image, ImageSummary } from "@tintype/client/client";

/** A picture of the gallery, as the views read it. */
export interface GalleryEntry {
  readonly imageId: string;
  readonly summary: Pick<ImageSummary, "status" | "purgeAt"> & {
    readonly createdAt: string | undefined;
  };
  /** Undefined until it was asked for. */
  readonly image: Image | undefined;
  /** Whether asking for it failed. */
  readonly isLost: boolean;
}

/** What the gallery is doing. */
export type GalleryState = "loading" | "idle" | "failed";

/** What the gallery works with. */
export interface GalleryOptions {
  readonly client: Client;
  readonly onChange: () => void;
}

interface Held extends GalleryEntry {
  readonly readAtMs: number;
  readonly isReading: boolean;
}

/** Addresses of renditions end after 15 minutes; they are asked for anew well before. */
const FRESH_MS = 10 * 60_000;
const PAGE = 24;
/** Tiles that are asked for at the same time. */
const READERS = 4;
/** A page may be short and still have a cursor: so many are asked for at once before the person is asked. */
const MOST_PAGES = 8;

/** The gallery of one signed-in person. */
export class Gallery {
  readonly #options: GalleryOptions;
  readonly #held = new Map<string, Held>();
  readonly #wanted: string[] = [];
  #readers = 0;
  #cursor: string | undefined;
  #state: GalleryState = "loading";

  constructor(options: GalleryOptions) {
    this.#options = options;
  }

  get state(): GalleryState {
    return this.#state;
  }

  get hasMore(): boolean {
    return this.#cursor !== undefined;
  }

  /** Newest first; what is past its time is left out. */
  get entries(): readonly GalleryEntry[] {
    const now = Date.now();
    // Ids are UUIDv7: their order is that of their time.
    return [...this.#held.values()].filter(({ summary }) => Date.parse(summary.purgeAt) > now)
      .sort((a, b) => b.imageId.localeCompare(a.imageId));
  }

  /** Lists the newest anew, and keeps what was asked for before. */
  async refresh(): Promise<void> {
    this.#cursor = undefined;
    await this.#load();
  }

  /** Lists what is older. */
  async more(): Promise<void> {
    if (this.#cursor !== undefined && this.#state !== "loading") await this.#load();
  }

  /** Takes in a picture that has just been developed. */
  add(image: Image): void {
    const { imageId, status, purgeAt, createdAt } = image;
    const summary = { status, purgeAt, createdAt };
    this.#put({
      imageId,
      summary,
      image,
      isLost: false,
      isReading: false,
      readAtMs: Date.now(),
    });
  }

  /** Asks for a picture's renditions, where they are not held or end soon. */
  want(imageId: string): void {
    const held = this.#held.get(imageId);
    if (held === undefined || held.isReading) return;
    const isFresh = held.image !== undefined && held.image.status !== "processing" &&
      Date.now() - held.readAtMs < FRESH_MS;
    if (isFresh) return;
    this.#put({ ...held, isReading: true });
    this.#wanted.push(imageId);
    if (this.#readers >= READERS) return;
    this.#readers++;
    void this.#read();
  }

  /** Has a picture erased; throws UploadError, and then it stays. */
  async erase(imageId: string): Promise<void> {
    await this.#options.client.images.erase(imageId);
    this.#held.delete(imageId);
    this.#options.onChange();
  }

  async #load(): Promise<void> {
    this.#set("loading");
    try {
      for (let pages = 0, found = 0; pages < MOST_PAGES && found < PAGE; pages++) {
        const options = { limit: PAGE, cursor: this.#cursor };
        const { images, cursor } = await this.#options.client.images.list(options);
        for (const each of images) this.#list(each);
        found += images.length;
        this.#cursor = cursor;
        if (cursor === undefined) break;
      }
      this.#set("idle");
    } catch {
      this.#set("failed");
    }
  }

  #list({ imageId, status, purgeAt, createdAt }: ImageSummary): void {
    const summary = { status, purgeAt, createdAt };
    const held = this.#held.get(imageId);
    const isSame = held?.summary.status === status;
    if (isSame) return;
    this.#held.set(imageId, {
      ...{ imageId, summary, image: undefined },
      ...{ isLost: false, isReading: false, readAtMs: 0 },
    });
  }

  async #read(): Promise<void> {
    for (let next = this.#wanted.shift(); next !== undefined; next = this.#wanted.shift()) {
      const held = this.#held.get(next);
      if (held === undefined) continue;
      const image = await this.#options.client.images.get(next).catch(() => undefined);
      // It may have been erased meanwhile.
      if (!this.#held.has(next)) continue;
      const summary = image ?? held.summary;
      this.#put({
        ...{ ...held, summary, image: image ?? held.image },
        ...{ isLost: image === undefined, isReading: false, readAtMs: Date.now() },
      });
    }
    this.#readers--;
  }

  #put(held: Held): void {
    this.#held.set(held.imageId, held);
    this.#options.onChange();
  }

  #set(state: GalleryState): void {
    this.#state = state;
    this.#options.onChange();
  }
}

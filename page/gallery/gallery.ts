/**
 * The gallery: pages of one's own pictures, newest first, with what their tiles show. One picture is asked for where its
 * dialog wants to know all of it, or where that can change what its tile shows. `onChange` is called after every change.
 */
import type { Client, Image, ImageSummary } from "@tintype/client/client";

/** What a tile shows of a picture. */
type ShownImage =
  & Required<Pick<ImageSummary, "renditions">>
  & Pick<ImageSummary, "reason" | "thumbhash">;

/** A picture of the gallery, as the views read it. */
export interface GalleryEntry {
  readonly imageId: string;
  readonly summary: Pick<ImageSummary, "status" | "purgeAt"> & {
    readonly createdAt: string | undefined;
  };
  /** All of it; undefined until it was asked for. */
  readonly image: Image | undefined;
  /** What the tile shows: as it was when it was shown, as another address would be another download. */
  readonly shown: ShownImage;
  /** Whether asking for it failed. */
  readonly isLost: boolean;
}

/** What the gallery is doing. */
type GalleryState = "loading" | "idle" | "failed";

/** What the gallery works with. */
interface GalleryOptions {
  readonly client: Client;
  readonly onChange: () => void;
  /** The server's time in milliseconds since the epoch: what is left of a picture's is counted by it. */
  readonly now: () => number;
  /** Pictures of one call: about as many as a screen shows. */
  readonly page?: number;
}

interface Held extends GalleryEntry {
  readonly readAtMs: number;
  readonly isReading: boolean;
  /** Whether the browser has the tile's picture, and so needs no address for it any more. */
  readonly isShown: boolean;
}

/** URLs of renditions end after 15 to 20 minutes; they are asked for anew well before. */
const FRESH_MS = 10 * 60_000;
/** How long nothing is asked about a picture that is being processed, and about one that could not be asked for. */
const PROCESSING_MS = 5_000;
const LOST_MS = 60_000;
const PAGE = 24;
/** The most pictures of a call. */
const MOST_IMAGES = 50;
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

  /** Newest first; what is past its time, or was rejected, is left out. */
  get entries(): readonly GalleryEntry[] {
    return this.#kept().filter(({ summary }) => summary.status !== "rejected");
  }

  /** What was rejected, newest first. */
  get rejected(): readonly GalleryEntry[] {
    return this.#kept().filter(({ summary }) => summary.status === "rejected");
  }

  #kept(): readonly GalleryEntry[] {
    const now = this.#options.now();
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

  /** Takes in a picture that is ready; `readAtMs` is when its state was read. */
  add(image: Image, readAtMs: number): void {
    const { imageId, status, purgeAt, createdAt } = image;
    const summary = { status, purgeAt, createdAt };
    this.#put({
      ...{ imageId, summary, image, readAtMs },
      ...{ shown: shownOf(image), isLost: false, isReading: false, isShown: false },
    });
  }

  /** Asks for a picture whose tile is in view, where that can still change what the tile shows. */
  want(imageId: string): void {
    const held = this.#held.get(imageId);
    if (held !== undefined && !(held.isShown && hasSizes(held.shown)) && isStale(held)) {
      this.#ask(held);
    }
  }

  /** Asks for all of a picture, where it is not held or its addresses end soon. */
  wantAddresses(imageId: string): void {
    const held = this.#held.get(imageId);
    const isNew = held !== undefined && held.image === undefined && !held.isLost;
    if (held !== undefined && (isNew || isStale(held))) this.#ask(held);
  }

  /** Takes a wish back that has not had its turn. */
  unwant(imageId: string): void {
    const index = this.#wanted.indexOf(imageId);
    const held = this.#held.get(imageId);
    if (index < 0 || held === undefined) return;
    this.#wanted.splice(index, 1);
    this.#held.set(imageId, { ...held, isReading: false });
  }

  /** Notes that the tile's picture has come. */
  hasShown(imageId: string): void {
    const held = this.#held.get(imageId);
    if (held !== undefined) this.#held.set(imageId, { ...held, isShown: true });
  }

  /** Reads pictures anew, so that their addresses lead somewhere; those that could not be read are left out. */
  async readAll(imageIds: readonly string[]): Promise<Image[]> {
    const found: Image[] = [];
    for (let at = 0; at < imageIds.length; at += MOST_IMAGES) {
      const some = imageIds.slice(at, at + MOST_IMAGES);
      const { images } = await this.#options.client.images.states(some);
      for (const each of images) if (!("problem" in each)) found.push(each);
    }
    return found;
  }

  /** Has pictures erased, and returns how many could not be, which stay; the caller draws, once it shows others. */
  async erase(imageIds: readonly string[]): Promise<number> {
    const { client } = this.#options;
    const results = await Promise.allSettled(imageIds.map(async (imageId) => {
      await client.images.erase(imageId);
      this.#held.delete(imageId);
    }));
    return results.filter(({ status }) => status === "rejected").length;
  }

  async #load(): Promise<void> {
    this.#set("loading");
    try {
      const { page = PAGE } = this.#options;
      for (let pages = 0, found = 0; pages < MOST_PAGES && found < page; pages++) {
        const options = { limit: page, cursor: this.#cursor, include: "renditions" } as const;
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

  #list({ imageId, status, purgeAt, createdAt, ...listed }: ImageSummary): void {
    const summary = { status, purgeAt, createdAt };
    const held = this.#held.get(imageId);
    const isSame = held?.summary.status === status;
    if (isSame) return;
    this.#held.set(imageId, {
      ...{
        imageId,
        summary,
        image: undefined,
        shown: { ...listed, renditions: listed.renditions ?? [] },
      },
      ...{ isLost: false, isReading: false, isShown: false, readAtMs: Date.now() },
    });
  }

  #ask(held: Held): void {
    if (held.isReading) return;
    this.#held.set(held.imageId, { ...held, isReading: true });
    this.#wanted.push(held.imageId);
    if (this.#readers >= READERS) return;
    this.#readers++;
    void this.#read();
  }

  async #read(): Promise<void> {
    for (let next = this.#wanted.shift(); next !== undefined; next = this.#wanted.shift()) {
      if (!this.#held.has(next)) continue;
      const image = await this.#options.client.images.get(next).catch(() => undefined);
      const held = this.#held.get(next);
      // It may have been erased meanwhile.
      if (held === undefined) continue;
      this.#put({
        ...{ ...held, summary: image ?? held.summary, image: image ?? held.image },
        shown: held.isShown || image === undefined ? held.shown : shownOf(image),
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

function hasSizes({ renditions }: ShownImage): boolean {
  return renditions.length > 0;
}

function shownOf({ reason, renditions, metadata }: Image): ShownImage {
  const thumbhash = "insights" in metadata ? metadata.insights?.thumbhash : undefined;
  return {
    renditions,
    ...(reason === undefined ? {} : { reason }),
    ...(thumbhash === undefined ? {} : { thumbhash }),
  };
}

/** Whether asking again can tell something new. */
function isStale(held: Held): boolean {
  const { summary: { status }, shown, image, isLost, readAtMs } = held;
  const ageMs = Date.now() - readAtMs;
  if (isLost) return ageMs >= LOST_MS;
  if (status === "processing") return ageMs >= PROCESSING_MS;
  // A rejected picture stays so and has no addresses; a failed one may still get ready.
  const hasAddresses = hasSizes(shown) || (image?.renditions.length ?? 0) > 0;
  return (hasAddresses || status === "failed") && ageMs >= FRESH_MS;
}

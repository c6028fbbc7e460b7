/**
 * Many images of one caller, looked for again and again by a bounded number of requests: first those that have a manifest,
 * by a read each or by listings of their days; in the end, by listings of the raw bucket, what the others are.
 */
import { type ImageId, t0OfImageId } from "../model/image_id.ts";
import { parseManifest } from "../model/manifest.ts";
import {
  type ImageRef,
  manifestName,
  type ObjectName,
  ownerPrefix,
  rawName,
} from "../model/object_name.ts";
import { dayOf } from "../model/utc_day.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";
import type { FoundImage, ReadingPorts } from "./find_image.ts";

/** What looking for many images needs: the processed bucket is listed, too. */
export interface FindImagesPorts extends ReadingPorts {
  readonly processed: ObjectReader & ObjectLister;
}

/** Requests of storage that one search makes at most. */
const MAX_REQUESTS = 60;
/** A read each costs less than a listing of up to so many images. */
const MOST_READ = 10;

/** Sizes in bytes of objects, null where there is none; images that no listing reached are missing. */
type Listed = ReadonlyMap<ImageId, number | null>;

/** One search for images; those that {@link MAX_REQUESTS} did not reach are not in `found`. */
export class ImageSearch {
  readonly found = new Map<ImageId, FoundImage>();
  readonly #ports: FindImagesPorts;
  readonly #pending: Map<ImageId, ImageRef>;
  /** Those that had no manifest at the last look. */
  readonly #unfinished = new Map<ImageId, ImageRef>();
  #left = MAX_REQUESTS;
  #perLook = 0;

  constructor(ports: FindImagesPorts, refs: readonly ImageRef[]) {
    this.#ports = ports;
    this.#pending = new Map(refs.map((ref) => [ref.imageId, ref]));
  }

  /** Whether an image may still be found, and requests are left for one more look and for the end. */
  get mayLookAgain(): boolean {
    const pending = [...this.#pending.values()];
    const atTheEnd = byDay(pending).length + pending.length;
    return pending.length > 0 && this.#left >= this.#perLook + atTheEnd;
  }

  /** Looks for images that are done; returns whether there is one. */
  async lookForDone(): Promise<boolean> {
    const before = this.#left;
    this.#unfinished.clear();
    const pending = [...this.#pending.values()];
    const listed = pending.length <= MOST_READ
      ? undefined
      : await this.#list(this.#ports.processed, pending, manifestName);
    const isDone = await Promise.all(pending.map((ref) => this.#readDone(ref, listed)));
    this.#perLook = before - this.#left;
    return isDone.includes(true);
  }

  /** Looks at what the last look found unfinished: images are under way, to be erased, or not there. */
  async lookAtRest(): Promise<void> {
    const listed = await this.#list(this.#ports.raw, [...this.#unfinished.values()], rawName);
    await Promise.all([...this.#unfinished].map(async ([imageId, ref]) => {
      const bytes = listed.get(imageId);
      if (bytes === null) this.found.set(imageId, { state: "none" });
      if (bytes == null || !this.#take(1)) return;
      const isErased = await this.#ports.erasures.stat(rawName(ref)) !== null;
      this.found.set(
        imageId,
        isErased ? { state: "erased", ref } : { state: "processing", ref, bytes },
      );
    }));
  }

  async #readDone(ref: ImageRef, listed: Listed | undefined): Promise<boolean> {
    const { imageId } = ref;
    if (listed !== undefined && typeof listed.get(imageId) !== "number") {
      if (listed.has(imageId)) this.#unfinished.set(imageId, ref);
      return false;
    }
    if (!this.#take(2)) return false;
    const manifest = await this.#ports.processed.read(manifestName(ref));
    if (manifest === null) {
      this.#left++;
      this.#unfinished.set(imageId, ref);
      return false;
    }
    const isErased = await this.#ports.erasures.stat(rawName(ref)) !== null;
    this.#pending.delete(imageId);
    this.found.set(
      imageId,
      isErased
        ? { state: "erased", ref }
        : { state: "done", ref, manifest: parseManifest(manifest) },
    );
    return !isErased;
  }

  /** Lists each day from its first image on, then from the next one that the page did not reach. */
  async #list(
    lister: ObjectLister,
    refs: readonly ImageRef[],
    nameOf: (ref: ImageRef) => ObjectName,
  ): Promise<Listed> {
    const listed = new Map<ImageId, number | null>();
    await Promise.all(
      byDay(refs).map(async (ofDay) => {
        let rest = ofDay.map((ref) => ({ name: nameOf(ref), ...ref }));
        for (let [first] = rest; first !== undefined && this.#take(1); [first] = rest) {
          const page = await lister.list({
            prefix: ownerPrefix(dayOf(t0OfImageId(first.imageId)), first.tenant, first.owner),
            startOffset: first.name,
          });
          const sizes = new Map(page.objects.map(({ name, size }) => [name, size]));
          const end = page.objects.at(-1)?.name ?? "";
          const reaches = ({ name }: { readonly name: string }) =>
            page.nextPageToken === undefined || name <= end;
          for (const { name, imageId } of rest.filter(reaches)) {
            listed.set(imageId, sizes.get(name) ?? null);
          }
          rest = rest.filter((each) => !reaches(each));
        }
      }),
    );
    return listed;
  }

  /** Takes requests from those that are left; false where there are too few. */
  #take(count: number): boolean {
    if (this.#left < count) return false;
    this.#left -= count;
    return true;
  }
}

/** Images of the same day and owner, in the order of their ids. */
function byDay(refs: readonly ImageRef[]): readonly (readonly ImageRef[])[] {
  const sorted = refs.toSorted((a, b) => a.imageId < b.imageId ? -1 : 1);
  return [...Map.groupBy(sorted, ({ imageId }) => dayOf(t0OfImageId(imageId))).values()];
}

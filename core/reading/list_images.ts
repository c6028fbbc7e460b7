/**
 * An owner's images, newest first, from listings that only ascend: walk the kept days backwards, in each day a window
 * of time, the whole day at first, that shrinks when it holds more than a page of names; a bounded number of calls.
 */
import { pagesOf } from "../listing.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { firstImageIdOf, type ImageId, isImageId, t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, ownerPrefix } from "../model/object_name.ts";
import { DAY_MS, dayOf } from "../model/utc_day.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import type { RetentionPolicy } from "../retention/policy.ts";
import { findListed, type ReadingPorts, type SeenImage } from "./find_image.ts";
import type { ImageCaller } from "./own_image.ts";

/** An image whose raw object was seen in a listing. */
interface Listed {
  readonly ref: ImageRef;
  readonly bytes: number;
}

/** What to list. */
export interface ListImagesInput extends ImageCaller {
  /** Most images of a page. */
  readonly limit: number;
  /** Only images whose id is smaller: where the page before ended. */
  readonly before?: ImageId | undefined;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
}

/** A page of images; `nextBefore` is there while older ones may be. */
interface ListedImages {
  readonly images: readonly Exclude<SeenImage, { state: "erased" }>[];
  readonly nextBefore: ImageId | undefined;
}

/** Windows looked at for one page; a short page with a cursor is the price of the bound. */
const MAX_WINDOWS = 12;
/** Behind the first day, which commonly fills a page, quiet days are looked at side by side. */
const DAYS_AT_ONCE = 4;
/** Clients' ids may be a few seconds ahead of our clock. */
const AHEAD_MS = 10_000;

/** A span of one day: ids from a time on that are smaller than `before`. */
interface Window {
  readonly fromMs: number;
  readonly before: ImageId;
}

/** How long a window is, and the time before which nothing is kept any more. */
interface WindowBounds {
  readonly windowMs: number;
  readonly oldestMs: number;
}

/** Lists an owner's images that are still kept, newest first. A page may be short and still have a next one. */
export async function listImages(
  ports: ReadingPorts,
  input: ListImagesInput,
  options: CallOptions = {},
): Promise<ListedImages> {
  const oldestMs = input.nowMs - input.policy.periodMs + 1;
  const isOver = (id: ImageId) => id <= firstImageIdOf(oldestMs);
  const seen: Listed[] = [];
  let before = input.before ?? firstImageIdOf(input.nowMs + AHEAD_MS);
  let windowMs = DAY_MS;
  let looked = 0;
  while (looked < MAX_WINDOWS && seen.length < input.limit && !isOver(before)) {
    const most = looked === 0 ? 1 : Math.min(DAYS_AT_ONCE, MAX_WINDOWS - looked);
    const windows = windowsBefore(before, most, { windowMs, oldestMs });
    looked += windows.length;
    const found = await Promise.all(
      windows.map((window) => namesBetween(ports.raw, input, window, options)),
    );
    for (const { window, held } of found) {
      if (held === "too_many") {
        windowMs = Math.max(1, Math.floor((t0OfImageId(window.before) - window.fromMs) / 8));
        break;
      }
      seen.push(...held);
      before = firstImageIdOf(window.fromMs);
      windowMs = Math.min(DAY_MS, windowMs * growthOf(held.length, input.limit - seen.length));
    }
  }
  const kept = seen.slice(0, input.limit);
  const last = seen.length > kept.length ? kept.at(-1)?.ref.imageId : before;
  const nextBefore = last === undefined || isOver(last) ? undefined : last;
  return { images: await readAll(ports, kept, options), nextBefore };
}

/** Windows grow while they hold less than is wanted, so that few calls reach over quiet days. */
function growthOf(held: number, wanted: number): number {
  if (held === 0) return 8;
  return held < wanted ? 2 : 1;
}

/** The windows that end at `before` and go back one behind another; only whole days come in a group. */
function windowsBefore(
  before: ImageId,
  most: number,
  bounds: WindowBounds,
): Window[] {
  const windows: Window[] = [];
  let end = before;
  do {
    const fromMs = windowStart(end, bounds);
    windows.push({ fromMs, before: end });
    end = firstImageIdOf(fromMs);
  } while (
    windows.length < most && bounds.windowMs === DAY_MS && end > firstImageIdOf(bounds.oldestMs)
  );
  return windows;
}

/** A window never crosses midnight, as names begin with their day. */
function windowStart(before: ImageId, bounds: WindowBounds): number {
  const lastMs = before === firstImageIdOf(t0OfImageId(before))
    ? t0OfImageId(before) - 1
    : t0OfImageId(before);
  const midnight = Date.parse(`${dayOf(lastMs)}T00:00:00.000Z`);
  return Math.max(midnight, lastMs + 1 - bounds.windowMs, Math.min(bounds.oldestMs, lastMs));
}

async function namesBetween(
  raw: ObjectLister,
  { tenant, ownerAt }: ListImagesInput,
  window: Window,
  { signal }: CallOptions,
): Promise<{ readonly window: Window; readonly held: readonly Listed[] | "too_many" }> {
  const owner = await ownerAt(window.fromMs);
  const prefix = ownerPrefix(dayOf(window.fromMs), tenant, owner);
  const ids = await idsBetween(raw, { prefix, ...window }, signal);
  if (ids === "too_many") return { window, held: ids };
  const held = [...ids].map(([imageId, bytes]) => ({ ref: { tenant, owner, imageId }, bytes }));
  return { window, held: held.sort((a, b) => a.ref.imageId < b.ref.imageId ? 1 : -1) };
}

/**
 * Ids and sizes in bytes of a window, or `too_many` where a page does not hold them; a single millisecond, which cannot
 * be cut any smaller, is read page after page.
 */
async function idsBetween(
  raw: ObjectLister,
  window: Window & { readonly prefix: string },
  signal: AbortSignal | undefined,
): Promise<Map<ImageId, number> | "too_many"> {
  const { prefix, fromMs, before } = window;
  const isOneMillisecond = before <= firstImageIdOf(fromMs + 1);
  const query = { prefix, startOffset: prefix + firstImageIdOf(fromMs), signal };
  const inside = new Map<ImageId, number>();
  for await (const { objects, nextPageToken } of pagesOf(raw, query)) {
    for (const { name, size } of objects) {
      const imageId = name.slice(prefix.length);
      if (!isImageId(imageId)) continue;
      if (imageId >= before) return inside;
      inside.set(imageId, size);
    }
    if (nextPageToken !== undefined && !isOneMillisecond) return "too_many";
  }
  return inside;
}

/** What became of each; an erased one is not in the list. */
async function readAll(
  ports: ReadingPorts,
  seen: readonly Listed[],
  options: CallOptions,
): Promise<ListedImages["images"]> {
  const found = await Promise.all(seen.map((listed) => findListed(ports, listed, options)));
  return found.filter((image) => image.state !== "erased");
}

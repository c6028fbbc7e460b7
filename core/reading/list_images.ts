/**
 * An owner's images, newest first, from listings that only ascend: walk the kept days backwards, in each day a window
 * of time that shrinks when it holds more than a page and grows when it is empty, with a bounded number of calls.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { firstImageIdOf, type ImageId, isImageId, t0OfImageId } from "../model/image_id.ts";
import { parseManifest } from "../model/manifest.ts";
import {
  dayOf,
  type ImageRef,
  manifestName,
  ownerMarkerPrefix,
  ownerPrefix,
} from "../model/object_name.ts";
import type { Owner } from "../model/owner.ts";
import type { Tenant } from "../model/tenant.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import type { RetentionPolicy } from "../retention/policy.ts";
import type { FoundImage, ReadingPorts } from "./find_image.ts";

/** An image whose raw object was seen in a listing. */
interface Seen {
  readonly ref: ImageRef;
  readonly bytes: number;
}

/** What to list. */
export interface ListImagesInput {
  readonly tenant: Tenant;
  /** Every pseudonym of the owner. */
  readonly owners: readonly Owner[];
  /** Most images of a page. */
  readonly limit: number;
  /** Only images whose id is smaller: where the page before ended. */
  readonly before?: ImageId | undefined;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
}

/** A page of images; `nextBefore` is there while older ones may be. */
export interface ListedImages {
  readonly images: readonly Exclude<FoundImage, { state: "none" | "erased" }>[];
  readonly nextBefore: ImageId | undefined;
}

/** Windows looked at for one page; a short page with a cursor is the price of the bound. */
const MAX_WINDOWS = 12;
const FIRST_WINDOW_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Clients' ids may be a few seconds ahead of our clock. */
const AHEAD_MS = 10_000;

/** Lists an owner's images that are still kept, newest first. A page may be short and still have a next one. */
export async function listImages(
  ports: ReadingPorts,
  input: ListImagesInput,
  options: CallOptions = {},
): Promise<ListedImages> {
  const oldestMs = input.nowMs - input.policy.periodMs + 1;
  const seen: Seen[] = [];
  let before = input.before ?? firstImageIdOf(input.nowMs + AHEAD_MS);
  let windowMs = FIRST_WINDOW_MS;
  for (let looked = 0; looked < MAX_WINDOWS && seen.length < input.limit; looked++) {
    if (before <= firstImageIdOf(oldestMs)) {
      return await page(ports, { seen, nextBefore: undefined }, options);
    }
    const fromMs = windowStart(before, { windowMs, oldestMs });
    const held = await namesBetween(ports.raw, { input, fromMs, before }, options.signal);
    if (held === "too_many") {
      windowMs = Math.max(1, Math.floor((t0OfImageId(before) - fromMs) / 8));
      continue;
    }
    seen.push(...held);
    before = firstImageIdOf(fromMs);
    windowMs = Math.min(DAY_MS, windowMs * growthOf(held.length, input.limit - seen.length));
  }
  const kept = seen.slice(0, input.limit);
  const last = seen.length > kept.length ? kept.at(-1)?.ref.imageId : before;
  const nextBefore = last !== undefined && last > firstImageIdOf(oldestMs) ? last : undefined;
  return await page(ports, { seen: kept, nextBefore }, options);
}

/** Windows grow while they hold less than is wanted, so that few calls reach over quiet days. */
function growthOf(held: number, wanted: number): number {
  if (held === 0) return 8;
  return held < wanted ? 2 : 1;
}

/** A window never crosses midnight, as names begin with their day. */
function windowStart(before: ImageId, bounds: { windowMs: number; oldestMs: number }): number {
  const lastMs = before === firstImageIdOf(t0OfImageId(before))
    ? t0OfImageId(before) - 1
    : t0OfImageId(before);
  const midnight = Date.parse(`${dayOf(lastMs)}T00:00:00.000Z`);
  return Math.max(midnight, lastMs + 1 - bounds.windowMs, Math.min(bounds.oldestMs, lastMs));
}

async function namesBetween(
  raw: ObjectLister,
  window: { input: ListImagesInput; fromMs: number; before: ImageId },
  signal: AbortSignal | undefined,
): Promise<Seen[] | "too_many"> {
  const { input: { tenant, owners }, fromMs, before } = window;
  const day = dayOf(fromMs);
  const perOwner = await Promise.all(owners.map(async (owner) => {
    const between = (prefix: string) => idsBetween(raw, { prefix, fromMs, before }, signal);
    const [held, erased] = await Promise.all([
      between(ownerPrefix(day, tenant, owner)),
      between(ownerMarkerPrefix(day, tenant, owner)),
    ]);
    if (held === "too_many" || erased === "too_many") return "too_many";
    return [...held].filter(([imageId]) => !erased.has(imageId))
      .map(([imageId, bytes]) => ({ ref: { tenant, owner, imageId }, bytes }));
  }));
  const seen: Seen[] = [];
  for (const held of perOwner) {
    if (held === "too_many") return "too_many";
    seen.push(...held);
  }
  return seen.sort((a, b) => a.ref.imageId < b.ref.imageId ? 1 : -1);
}

/**
 * Ids and sizes in bytes of a window, or `too_many` where a page does not hold them; a single millisecond, which cannot
 * be cut any smaller, is read page after page.
 */
async function idsBetween(
  raw: ObjectLister,
  window: { prefix: string; fromMs: number; before: ImageId },
  signal: AbortSignal | undefined,
): Promise<Map<ImageId, number> | "too_many"> {
  const { prefix, fromMs, before } = window;
  const isOneMillisecond = before <= firstImageIdOf(fromMs + 1);
  const query = { prefix, startOffset: prefix + firstImageIdOf(fromMs), signal };
  const inside = new Map<ImageId, number>();
  let pageToken: string | undefined;
  do {
    const listed = await raw.list(pageToken === undefined ? query : { ...query, pageToken });
    for (const { name, size } of listed.objects) {
      const imageId = name.slice(prefix.length);
      if (!isImageId(imageId)) continue;
      if (imageId >= before) return inside;
      inside.set(imageId, size);
    }
    pageToken = listed.nextPageToken;
  } while (pageToken !== undefined && isOneMillisecond);
  return pageToken === undefined ? inside : "too_many";
}

async function page(
  ports: ReadingPorts,
  { seen, nextBefore }: { seen: readonly Seen[]; nextBefore: ImageId | undefined },
  options: CallOptions,
): Promise<ListedImages> {
  const images = await Promise.all(
    seen.map(async ({ ref, bytes }): Promise<ListedImages["images"][number]> => {
      const manifest = await ports.processed.read(manifestName(ref), options);
      if (manifest === null) return { state: "processing", ref, bytes };
      return { state: "done", ref, manifest: parseManifest(manifest) };
    }),
  );
  return { images, nextBefore };
}

import { sleep } from "@tintype/gcs/signals";
import type { ImageSummary } from "./contract.ts";
import { timeOfImageId } from "./image_id.ts";
import { type CallOptions, type Image, type Images, MOST_IMAGES, NOT_REACHED } from "./images.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";

/** How to watch. */
interface WatchOptions extends CallOptions {
  readonly retry: RetryPolicy;
}

/** Images that nobody waits for are seen by a listing: that is how long one may take to be noticed. */
const LIST_EVERY_MS = 10_000;
/** Between two calls, so that an edge that answers at once is not asked without end. */
const PAUSE_MS = 250;
/** Longer than any image is kept. */
const FORGET_MS = 30 * 86_400_000;

/** Yields each state of the caller's images that is new after the first listing, until the signal is aborted. */
export async function* watchImages(
  images: Pick<Images, "list" | "states">,
  { signal, retry }: WatchOptions,
): AsyncGenerator<Image> {
  // What is away comes back: without an end, and as the edge's own Retry-After says.
  const patiently = <T>(call: () => Promise<T>) =>
    withRetry(call, { retry: { ...retry, maxAttempts: Infinity }, signal });
  /** The last status of each image. */
  const known = new Map<string, ImageSummary["status"] | undefined>();
  const open = new Set<string>();
  let oldest: string | undefined;
  let listedMs = -Infinity;

  /** Opens what is new or has changed, from the newest on; older ones that only moved up into the page stay out. */
  async function look(): Promise<void> {
    const isFirst = oldest === undefined;
    let cursor: string | undefined;
    do {
      const page = await patiently(() => images.list({ cursor, signal }));
      oldest ??= page.cursor === undefined ? "" : page.images.at(-1)?.imageId ?? "";
      const changed = page.images.filter(({ imageId, status }) =>
        imageId >= (oldest ?? "") && known.get(imageId) !== status
      );
      for (const { imageId, status } of changed) {
        if (isFirst) known.set(imageId, status);
        if (!isFirst || status === "processing") open.add(imageId);
      }
      cursor = !isFirst && changed.length === page.images.length ? page.cursor : undefined;
    } while (cursor !== undefined);
    for (const imageId of known.keys()) {
      if (timeOfImageId(imageId) < Date.now() - FORGET_MS) known.delete(imageId);
    }
  }

  try {
    for (;;) {
      if (Date.now() - listedMs >= LIST_EVERY_MS) {
        listedMs = Date.now();
        await look();
      }
      const leftMs = Math.max(PAUSE_MS, listedMs + LIST_EVERY_MS - Date.now());
      const ids = [...open].slice(0, MOST_IMAGES);
      if (ids.length === 0) {
        await sleep(leftMs, signal);
        continue;
      }
      const wait = ids.every((id) => known.has(id)) ? Math.ceil(leftMs / 1_000) : undefined;
      const { images: states } = await patiently(() => images.states(ids, { wait, signal }));
      for (const image of states) {
        open.delete(image.imageId);
        // Behind the others, so that each has its turn.
        if (image.status === "processing" || image.status === NOT_REACHED) open.add(image.imageId);
        if ("problem" in image || known.get(image.imageId) === image.status) continue;
        known.set(image.imageId, image.status);
        yield image;
      }
      await sleep(PAUSE_MS, signal);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

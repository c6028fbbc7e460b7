import type { Context } from "hono";
import { AppError } from "@tintype/core/errors";
import { parseImageId } from "@tintype/core/model/image_id";
import type { ImageRef } from "@tintype/core/model/object_name";
import { ImageSearch } from "@tintype/core/reading/find_images";
import { type ImageCaller, noSuchImage, ownImages } from "@tintype/core/reading/own_image";
import type { AppEnv } from "../app_env.ts";
import type { EdgeServices } from "../ports.ts";
import { problemOf } from "../problem.ts";
import { RETRY_AFTER_SECONDS, stateOf, visibleOf } from "./_image_view.ts";

/** The query of a call about many images, as it was checked. */
interface ManyImages {
  /** Separated by commas. */
  readonly ids: string;
  /** Seconds. */
  readonly wait: string | undefined;
}

/** The first pause between two looks at one image or at many, and how much longer each pause is than the one before. */
const PAUSES = { one: { firstMs: 250, growth: 1.4 }, many: { firstMs: 1_000, growth: 1.5 } };

/** Responds with the state of each image, or its problem, in the order of the ids. */
export async function answerMany(
  c: Context<AppEnv>,
  caller: ImageCaller,
  { ids, wait }: ManyImages,
): Promise<Response> {
  const services = c.get("services");
  const { clock, policy } = services;
  const imageIds = ids.split(",").map(parseImageId);
  const { refs, refused } = await ownImages(caller, imageIds, { policy, nowMs: clock.now() });
  const found = await waitForDone(services, refs, wait);
  const images = await Promise.all(imageIds.map(async (imageId) => {
    const image = visibleOf(found.get(imageId), services);
    if (image !== undefined) {
      return await stateOf(image, { ...services, accept: c.req.header("accept") });
    }
    const isReached = found.has(imageId) || refused.has(imageId);
    const problem = problemOf(isReached ? noSuchImage() : notReached(), c);
    return { imageId, status: problem.status, problem };
  }));
  const isOpen = images.some(({ status }) => status === "processing" || status === 503);
  const retry = isOpen ? { "Retry-After": RETRY_AFTER_SECONDS } : {};
  return c.json({ images }, 200, { Vary: "Accept", ...retry });
}

/** Searches until one of the images is done, the seconds are over or no request is left for another look. */
export async function waitForDone(
  services: Pick<EdgeServices, "raw" | "processed" | "erasures" | "clock">,
  refs: readonly ImageRef[],
  seconds = "0",
): Promise<ImageSearch["found"]> {
  const { clock } = services;
  const waitMs = Number(seconds) * 1_000;
  const search = new ImageSearch(services, refs);
  const startMs = clock.now();
  for (const lookMs of looksOf(waitMs, refs.length === 1 ? "one" : "many")) {
    const pauseMs = startMs + lookMs - clock.now();
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (await search.lookForDone() || !search.mayLookAgain) break;
  }
  await search.lookAtRest();
  return search.found;
}

/** When a waiting call looks, in milliseconds after its start: the last look is when its time is over. */
export function looksOf(waitMs: number, images: keyof typeof PAUSES): number[] {
  const { firstMs, growth } = PAUSES[images];
  const looks: number[] = [];
  let pauseMs = firstMs;
  for (let atMs = 0; atMs < waitMs; atMs += pauseMs, pauseMs *= growth) looks.push(atMs);
  return [...looks, waitMs];
}

function notReached(): AppError {
  return new AppError(
    "unavailable",
    "This call has reached the storage requests that it may make: ask for this image again",
  );
}

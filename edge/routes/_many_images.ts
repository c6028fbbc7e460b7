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

/** When a waiting call looks, in milliseconds after its start; the last look is when its time is over. */
const LOOKS_MS = {
  one: [0, 250, 600, 1_090, 1_776, 2_736, 4_081, 5_963, 8_598, 12_287, 17_452],
  many: [0, 1_000, 2_000, 4_000, 7_000, 12_000],
} as const;

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
  const looksMs = LOOKS_MS[refs.length === 1 ? "one" : "many"];
  const search = new ImageSearch(services, refs);
  const startMs = clock.now();
  for (const lookMs of [...looksMs.filter((ms) => ms < waitMs), waitMs]) {
    const pauseMs = startMs + lookMs - clock.now();
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (await search.lookForDone() || !search.mayLookAgain) break;
  }
  await search.lookAtRest();
  return search.found;
}

function notReached(): AppError {
  return new AppError(
    "unavailable",
    "This call has reached the storage requests that it may make: ask for this image again",
  );
}

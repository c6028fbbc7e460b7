import { type Image, type Images, MOST_IMAGES, NOT_REACHED } from "./images.ts";
import { UploadError } from "./problem.ts";
import { sleep } from "@tintype/gcs/signals";

/** How long to wait. */
export interface WaitOptions {
  /** Three minutes where it is not given. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How to wait for many. */
export interface WaitManyOptions extends WaitOptions {
  /** Called with each image once it is ready, rejected or failed. */
  readonly onImage?: (image: Image) => void;
}

const DEFAULT_TIMEOUT_MS = 180_000;
/** The longest wait that the edge takes. */
const MAX_WAIT_SECONDS = 20;
/** Between two waits, so that an edge that answers at once is not asked without end. */
const PAUSE_MS = 250;

/**
 * Waits by long-poll until the image is ready, rejected or failed.
 * Throws UploadError, of code `timeout` after `timeoutMs`, or the signal's reason.
 */
export async function waitForOne(
  images: Pick<Images, "get">,
  imageId: string,
  { timeoutMs, signal }: WaitOptions = {},
): Promise<Image> {
  return await untilDone(async (wait) => {
    const image = await images.get(imageId, { wait, signal });
    return image.status === "processing" ? undefined : image;
  }, { timeoutMs, signal });
}

/** The same of many, up to 50 by a call; throws the problem of the first that has one, as where it was erased. */
export async function waitForMany(
  images: Pick<Images, "states">,
  imageIds: readonly string[],
  { timeoutMs, signal, onImage }: WaitManyOptions = {},
): Promise<Image[]> {
  const done = new Map<string, Image>();
  return await untilDone(async (wait) => {
    const open = imageIds.filter((imageId) => !done.has(imageId)).slice(0, MOST_IMAGES);
    const states = open.length === 0 ? [] : (await images.states(open, { wait, signal })).images;
    for (const image of states) {
      if ("problem" in image) {
        if (image.status !== NOT_REACHED) throw new UploadError(image.problem);
      } else if (image.status !== "processing") {
        done.set(image.imageId, image);
        onImage?.(image);
      }
    }
    const found = imageIds.map((imageId) => done.get(imageId)).filter((image) =>
      image !== undefined
    );
    return found.length < imageIds.length ? undefined : found;
  }, { timeoutMs, signal });
}

/** Asks with a wait in seconds until there is an answer. */
async function untilDone<Answer>(
  ask: (wait: number) => Promise<Answer | undefined>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions,
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const leftSeconds = Math.ceil((deadline - Date.now()) / 1000);
    const answer = await ask(Math.max(1, Math.min(MAX_WAIT_SECONDS, leftSeconds)));
    if (answer !== undefined) return answer;
    await sleep(PAUSE_MS, signal);
    if (Date.now() >= deadline) break;
  }
  const detail = `not ready in ${timeoutMs} ms`;
  throw new UploadError({ status: 0, code: "timeout", detail });
}

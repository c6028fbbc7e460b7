import type { Image, Images } from "./images.ts";
import { UploadError } from "./problem.ts";
import { sleep } from "@tintype/gcs/signals";

/** How long to wait. */
export interface WaitOptions {
  /** Three minutes where it is not given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
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
export async function waitUntilReady(
  images: Pick<Images, "get">,
  imageId: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions = {},
): Promise<Image> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const leftSeconds = Math.ceil((deadline - Date.now()) / 1000);
    const wait = Math.max(1, Math.min(MAX_WAIT_SECONDS, leftSeconds));
    const image = await images.get(imageId, { wait, signal });
    if (image.status !== "processing") return image;
    await sleep(PAUSE_MS, signal);
    if (Date.now() >= deadline) break;
  }
  const detail = `the image was not ready in ${timeoutMs} ms`;
  throw new UploadError({ status: 0, code: "timeout", detail });
}

import type { CallEdge } from "./edge_caller.ts";
import { type Image, imagePath } from "./image.ts";
import { UploadError } from "./problem.ts";
import { sleep } from "./retry.ts";

/** How long to wait. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The longest wait that the edge takes. */
const MAX_WAIT_SECONDS = 20;
/** Between two waits, so that an edge that answers at once is not asked without end. */
const PAUSE_MS = 250;

/**
 * Waits by long-poll until the image is ready, rejected or failed.
 * Throws UploadError, of code `timeout` after `timeoutMs`, or the signal's reason.
 */
export async function waitUntilReady(
  call: CallEdge,
  imageId: string,
  { timeoutMs, signal }: WaitOptions,
): Promise<Image> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const leftSeconds = Math.ceil((deadline - Date.now()) / 1000);
    const wait = Math.max(1, Math.min(MAX_WAIT_SECONDS, leftSeconds));
    const image = await call<Image>({ path: `${imagePath(imageId)}?wait=${wait}`, signal });
    if (image.status !== "processing") return image;
    await sleep(PAUSE_MS, signal);
    if (Date.now() >= deadline) break;
  }
  const detail = `the image was not ready in ${timeoutMs} ms`;
  throw new UploadError({ status: 0, code: "timeout", detail });
}

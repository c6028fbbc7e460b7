/** The walk of one upload: declare the file, send it to the session, start again with the same id where that was lost. */
import { digestsOf } from "./digests.ts";
import type { CallEdge } from "./edge_caller.ts";
import { type Image, imagePath } from "./image.ts";
import { newImageId } from "./image_id.ts";
import { UploadError } from "./problem.ts";
import type { RetryPolicy } from "./retry.ts";
import {
  cancelSession,
  type SendOptions,
  sendToSession,
  type SessionOutcome,
  type SessionUpload,
} from "./resumable_session.ts";

/** What to say of a file. */
export interface UploadOptions {
  /** Its media type where the file does not know it. */
  readonly contentType?: string;
  /** Sent again with the same id, it is the same image. */
  readonly imageId?: string;
  readonly preset?: string;
  /** Ends the upload and its session. */
  readonly signal?: AbortSignal;
  /** Called with bytes that the store holds, ever more of them, and all bytes. */
  readonly onProgress?: (heldBytes: number, totalBytes: number) => void;
}

/** What an upload works with. */
export interface UploadTools {
  readonly call: CallEdge;
  readonly fetcher: typeof fetch;
  readonly retry: RetryPolicy;
  /** Bytes of a chunk. */
  readonly chunkBytes: number;
}

interface StartedUpload {
  /** Absent where the image is there already. */
  readonly upload?: SessionUpload;
}

/** Sessions of one upload before it gives up. */
const MAX_SESSIONS = 3;

/** Uploads a file and answers its id when the store has all of it. Throws UploadError, or the signal's reason. */
export async function uploadFile(
  tools: UploadTools,
  file: Blob,
  own: UploadOptions,
): Promise<{ readonly imageId: string }> {
  const { signal } = own;
  const imageId = own.imageId ?? newImageId();
  const { sha256, crc32c } = await digestsOf(file);
  const body = {
    contentType: own.contentType ?? file.type,
    size: file.size,
    sha256,
    imageId,
    ...(own.preset === undefined ? {} : { preset: own.preset }),
  };
  const onHeld = onlyForwards((held) => own.onProgress?.(held, file.size));
  for (let sessions = 0; sessions < MAX_SESSIONS; sessions++) {
    const { upload: session } = await tools.call<StartedUpload>({
      path: "/v1/uploads",
      method: "POST",
      body,
      signal,
    });
    const outcome = session === undefined
      ? "complete"
      : await sendOrCancel(file, session, { ...tools, crc32c, signal, onHeld });
    if (outcome === "lost") continue;
    if (outcome === "taken") await checkTaken(tools.call, { imageId, size: file.size, signal });
    onHeld(file.size);
    return { imageId };
  }
  const detail = `the store lost ${MAX_SESSIONS} sessions`;
  throw new UploadError({ status: 410, code: "session_lost", detail });
}

async function sendOrCancel(
  file: Blob,
  session: SessionUpload,
  options: SendOptions,
): Promise<SessionOutcome> {
  try {
    return await sendToSession(file, session, options);
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    // The session ends by itself within a week; the caller wants to go.
    await cancelSession(session, options.fetcher).catch(() => undefined);
    throw options.signal.reason;
  }
}

/** An object of this name was there first: of this size it is this file, whose last reply was lost. */
async function checkTaken(
  call: CallEdge,
  { imageId, size, signal }: {
    readonly imageId: string;
    readonly size: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { bytes } = await call<Image>({ path: imagePath(imageId), signal });
  if (bytes === size) return;
  const detail = `another file of ${bytes} bytes has this imageId`;
  throw new UploadError({ status: 412, code: "conflict", detail });
}

/** Passes on only numbers greater than all before: a store that lost bytes, or a session, does not take progress back. */
function onlyForwards(report: (bytes: number) => void): (bytes: number) => void {
  let most = -1;
  return (bytes) => {
    if (bytes <= most) return;
    most = bytes;
    report(bytes);
  };
}

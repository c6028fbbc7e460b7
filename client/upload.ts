import { UploadError } from "./problem.ts";
import { reasonOf } from "@tintype/gcs/signals";
import { UploadControl } from "./upload_control.ts";
import { type UploadedImage, uploadFile, type UploadJob, type UploadTools } from "./upload_file.ts";
import { ProgressReport, type UploadProgress, type UploadState } from "./upload_progress.ts";
import { partsOf, type UploadSource } from "./upload_source.ts";

/** What to say of a file, and callbacks. */
export interface UploadOptions {
  /** What the declaration says of the file beside what is measured. */
  readonly metadata?: {
    /** Its media type where the first bytes do not say it, and the file does not know it. */
    readonly contentType?: string | undefined;
    /** A preset of the tenant's plan. */
    readonly preset?: string | undefined;
    /** Your own reference, at most 64 of `[A-Za-z0-9._-]`: it comes back in the image's state, in lists and events. */
    readonly ref?: string | undefined;
  };
  /** Sent again with the same id, it is the same image. */
  readonly imageId?: string | undefined;
  /** Cancels the upload, with its own reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each change. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** An upload under way: a promise of its image, and what can be done with it until then. */
export interface Upload extends Promise<UploadedImage> {
  readonly state: UploadState;
  /** Stops sending and keeps the session; nothing happens where it is over. */
  pause(): void;
  /** Asks what the store holds and goes on from there. */
  resume(): void;
  /** Ends the upload and its session; the promise rejects with the reason, or UploadError of code `cancelled`. */
  cancel(reason?: unknown): Promise<void>;
}

const ENDED: readonly UploadState[] = ["done", "failed", "cancelled"];

/** What a queue says beside that. */
export interface QueuedOptions extends UploadOptions, Pick<UploadJob, "turn"> {}

/** Begins an upload. */
export function beginUpload(
  tools: UploadTools,
  file: Blob | UploadSource,
  { metadata = {}, imageId, signal, onProgress, turn }: QueuedOptions = {},
): Upload {
  const control = new UploadControl();
  const progress = new ProgressReport(file.size, onProgress);
  const cancel = () => signal !== undefined && control.cancel(reasonOf(signal));
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel);
  const { contentType: typeHint = file.type, preset, ref } = metadata;
  const parts = partsOf(file);
  const job = { file: parts, typeHint, preset, ref, imageId, control, progress, turn };
  const result = uploadFile(tools, job)
    .catch((error: unknown) => fail(error, { control, progress }))
    .finally(() => signal?.removeEventListener("abort", cancel));
  const isOver = () => ENDED.includes(progress.now.state);
  return Object.defineProperty(
    Object.assign(result, {
      pause() {
        if (isOver() || control.isPaused) return;
        control.pause();
        progress.change({ state: "paused" });
      },
      resume: () => control.resume(),
      async cancel(reason?: unknown) {
        control.cancel(reason);
        await result.catch(() => undefined);
      },
    }),
    "state",
    { get: () => progress.now.state },
  ) as Upload; // a promise with the three methods and the state
}

function fail(
  error: unknown,
  { control, progress }: Pick<UploadJob, "control" | "progress">,
): never {
  const cause = error instanceof UploadError ? error : undefined;
  progress.change(
    control.isCancelled ? { state: "cancelled" } : { state: "failed", error: cause },
  );
  throw error;
}

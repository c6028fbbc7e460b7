/**
 * An uploader for Uppy: `uppy.use(TintypeUploader, { client })`. Each file goes by the client; what people press in Uppy
 * becomes the client's pause, resume and cancel, and what the client tells becomes Uppy's progress.
 */
import type { Client, UploadProgress } from "../client.ts";
import { UploadError } from "../problem.ts";
import {
  BasePlugin,
  type Body,
  EventManager,
  type Meta,
  type PluginOpts,
  type Uppy,
  type UppyFile,
} from "@uppy/core";
import { filterFilesToEmitUploadStarted, filterFilesToUpload } from "@uppy/core/utils";

/** What the plugin needs. */
export interface TintypeUploaderOptions extends PluginOpts {
  /** With an `IndexedDbResumeStore`, uploads that Golden Retriever restores go on where they were. */
  readonly client: Client;
  /** A preset of the tenant's plan. */
  readonly preset?: string;
  /** Uploads at a time; 4 where it is not given. */
  readonly limit?: number;
}

/** What a file's `response.body` holds when it is stored. */
export interface TintypeBody extends Body {
  readonly imageId: string;
}

const DEFAULT_LIMIT = 4;

/** Uppy's uploader for Tintype: pause, resume, cancel, retry, progress. */
export class TintypeUploader<M extends Meta>
  extends BasePlugin<TintypeUploaderOptions, M, TintypeBody> {
  constructor(uppy: Uppy<M, TintypeBody>, options: TintypeUploaderOptions) {
    super(uppy, options);
    this.type = "uploader";
    this.id = options.id ?? "TintypeUploader";
  }

  override install(): void {
    this.#setResumable(true);
    this.uppy.addUploader(this.#uploadFiles);
  }

  override uninstall(): void {
    this.#setResumable(false);
    this.uppy.removeUploader(this.#uploadFiles);
  }

  #setResumable(resumableUploads: boolean): void {
    const { capabilities } = this.uppy.getState();
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads } });
  }

  readonly #uploadFiles = async (ids: string[]): Promise<void> => {
    const files = filterFilesToUpload(this.uppy.getFilesByIds(ids));
    this.uppy.emit("upload-start", filterFilesToEmitUploadStarted(files));
    const queue = files.values();
    const worker = async () => {
      for (const file of queue) await this.#uploadFile(file.id);
    };
    const { limit = DEFAULT_LIMIT } = this.opts;
    await Promise.all(Array.from({ length: limit }, worker));
  };

  /** Uploads one file; it never rejects, as Uppy is told by events. */
  async #uploadFile(id: string): Promise<void> {
    const file = this.uppy.getFiles().find((each) => each.id === id); // it may have been removed since
    if (file === undefined) return;
    const events = new EventManager(this.uppy);
    try {
      const { imageId } = await this.#begin(file, events);
      const bytesUploaded = file.size ?? 0;
      const body = { imageId };
      this.uppy.emit("upload-success", this.uppy.getFile(id), { status: 200, bytesUploaded, body });
    } catch (error) {
      if (error instanceof UploadError && error.code === "cancelled") return;
      this.uppy.emit("upload-error", this.uppy.getFile(id), failureOf(error));
    } finally {
      events.remove();
    }
  }

  #begin(file: UppyFile<M, TintypeBody>, events: EventManager<M, TintypeBody>) {
    if (file.isRemote || file.data === undefined) {
      throw new TypeError(`Cannot upload ${file.name} as its bytes are not here`);
    }
    const { client, preset } = this.opts;
    const upload = client.upload(file.data, {
      metadata: { contentType: file.type, preset },
      onProgress: (progress) => this.#tellProgress(file.id, progress),
    });
    const cancel = () => void upload.cancel();
    const pauseOrResume = (isPaused: boolean) => isPaused ? upload.pause() : upload.resume();
    events.onFileRemove(file.id, cancel);
    events.onCancelAll(file.id, cancel);
    events.onPause(file.id, pauseOrResume);
    events.onPauseAll(file.id, () => upload.pause());
    events.onResumeAll(file.id, () => upload.resume());
    if (file.isPaused === true) upload.pause();
    return upload;
  }

  #tellProgress(id: string, { heldBytes, totalBytes }: UploadProgress): void {
    const file = this.uppy.getFiles().find((each) => each.id === id);
    const uploadStarted = file?.progress.uploadStarted;
    if (file === undefined || uploadStarted === undefined || uploadStarted === null) return;
    this.uppy.emit("upload-progress", file, {
      uploadStarted,
      bytesUploaded: heldBytes,
      bytesTotal: totalBytes,
    });
  }
}

/** What Uppy shows: the problem in words, and its code. */
function failureOf(error: unknown): { name: string; message: string; details?: string } {
  if (error instanceof UploadError) {
    return { name: error.name, message: error.problem.detail, details: error.code };
  }
  return error instanceof Error ? error : new Error(String(error));
}

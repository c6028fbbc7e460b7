/**
 * An uploader for Uppy: `uppy.use(TintypeUploader, { client })`. Files go by the client's queue; what people press in Uppy
 * becomes its pause, resume and cancel, and how its items change becomes Uppy's progress.
 */
import type { Client, QueueItem, UploadQueue } from "../client.ts";
import type { ItemProblem, QueueFile } from "../queue/queue_item.ts";
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
    const { client, preset, limit = DEFAULT_LIMIT } = this.opts;
    const queue = client.queue({
      atOnce: limit,
      until: "stored",
      onChange: (item) => item !== undefined && this.#tellProgress(item),
      onEnd: (item) => this.#tellEnd(item),
    });
    const events = files.map(({ id }) => this.#follow(id, queue));
    await queue.add(files.map(queuedOf), { preset });
    for (const { id, isPaused } of files) if (isPaused === true) queue.pause(id);
    await queue.idle();
    for (const each of events) each.remove();
  };

  /** What people do with a file. */
  #follow(id: string, queue: UploadQueue): EventManager<M, TintypeBody> {
    const events = new EventManager(this.uppy);
    const cancel = () => void queue.remove(id);
    events.onFileRemove(id, cancel);
    events.onCancelAll(id, cancel);
    events.onPause(id, (isPaused) => isPaused ? queue.pause(id) : queue.resume(id));
    events.onPauseAll(id, () => queue.pause(id));
    events.onResumeAll(id, () => queue.resume(id));
    return events;
  }

  #tellEnd({ id, imageId = "", size, problem }: QueueItem): void {
    const file = this.uppy.getFile(id);
    const done = { status: 200, bytesUploaded: size, body: { imageId } };
    if (problem === undefined) this.uppy.emit("upload-success", file, done);
    else this.uppy.emit("upload-error", file, failureOf(problem));
  }

  #tellProgress({ id, sentBytes, size }: QueueItem): void {
    const file = this.uppy.getFiles().find((each) => each.id === id);
    const uploadStarted = file?.progress.uploadStarted;
    if (file === undefined || uploadStarted === undefined || uploadStarted === null) return;
    const progress = { uploadStarted, bytesUploaded: sentBytes, bytesTotal: size };
    this.uppy.emit("upload-progress", file, progress);
  }
}

/** A file of Uppy's for the queue. */
function queuedOf<M extends Meta>(
  { id, name = "", type, size, data, isRemote }: UppyFile<M, TintypeBody>,
): QueueFile {
  const open = async () => {
    if (!isRemote && data !== undefined) return data;
    throw new TypeError(`Cannot upload ${name} as its bytes are not here`);
  };
  return { id, name, type, size: size ?? 0, open };
}

/** What Uppy shows: the problem in words, and its code. */
function failureOf({ code, detail, cause }: ItemProblem) {
  return cause instanceof Error ? cause : { name: "UploadError", message: detail, details: code };
}

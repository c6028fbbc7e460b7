/**
 * The client of Tintype's edge: start a session, send the file to it, wait until the image is ready.
 * Uses `fetch` and little else, so that it runs wherever there is one: browsers, Node, Deno, React Native.
 */
import type { Limits } from "./contract.ts";
import { edgeCaller, patientSource, type TokenSource } from "./edge_caller.ts";
import {
  type CallOptions,
  type Image,
  type Images,
  imagesOf,
  type ListOptions,
  type Rendition,
} from "./images.ts";
import { type ClientCode, type EdgeCode, type Problem, UploadError } from "./problem.ts";
import { ResumeRecords } from "./resume_records.ts";
import { MemoryResumeStore, type ResumeRecord, type ResumeStore } from "./resume_store.ts";
import { DEFAULT_RETRY, type NetworkWatch, type RetryPolicy } from "./retry.ts";
import { declareTogether } from "./queue/batch_declarations.ts";
import type { QueueItem } from "./queue/queue_item.ts";
import type { QueueOptions, QueueTotals } from "./queue/queue_options.ts";
import { UploadQueue } from "./queue/upload_queue.ts";
import { ServerClock } from "./server_clock.ts";
import { beginUpload, type Upload, type UploadOptions } from "./upload.ts";
import { declareEach, type UploadedImage } from "./upload_file.ts";
import type { UploadProgress, UploadState } from "./upload_progress.ts";
import type { UploadSource } from "./upload_source.ts";
import {
  waitForMany,
  waitForOne,
  type WaitManyOptions,
  type WaitOptions,
} from "./wait_until_ready.ts";
import { watchImages } from "./watch_images.ts";
import { type SendingFetch, xhrFetch } from "./xhr_fetch.ts";

export type {
  AcceptedErasure,
  ErasureState,
  ImagePage,
  ImageState,
  ImageSummary,
} from "./contract.ts";
export type {
  CallOptions,
  ClientCode,
  EdgeCode,
  Image,
  Images,
  Limits,
  ListOptions,
  NetworkWatch,
  Problem,
  QueueItem,
  QueueOptions,
  QueueTotals,
  Rendition,
  ResumeRecord,
  ResumeStore,
  RetryPolicy,
  TokenSource,
  Upload,
  UploadedImage,
  UploadOptions,
  UploadProgress,
  UploadQueue,
  UploadSource,
  UploadState,
  WaitManyOptions,
  WaitOptions,
};
export { IndexedDbResumeStore } from "./indexed_db_store.ts";
export { openKeptFiles } from "./queue/kept_files.ts";
export { MemoryResumeStore, UploadError };

/** How to reach the edge. */
export interface ClientOptions {
  /** `https://images.example.com`, without a path. */
  readonly edge: string;
  /** Asked before each call; with `refused` where the edge has answered that token with 401, so that it is renewed. */
  readonly token: TokenSource;
  /** Where unfinished uploads are remembered; in memory where it is not given, which outlives no reload. */
  readonly store?: ResumeStore | undefined;
  /** Separates people who share a store; the token's own `iss` and `sub` where it is not given. */
  readonly account?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Bytes of each chunk; where it is not given they follow the measured speed. */
  readonly chunkBytes?: number | undefined;
  /**
   * Media types that whoever shows the pictures can show beside JPEG and WebP: `["image/avif"]`. A rendition that is kept in two
   * forms comes in one of these where it has it.
   */
  readonly imageTypes?: readonly string[] | undefined;
}

/** The calls of the client. Each throws UploadError, the signal's reason, or what `token` throws. */
export interface Client {
  /** Uploads a file, or goes on with what an earlier try of it left; the promise's image has all of its bytes stored. */
  upload(file: Blob | UploadSource, options?: UploadOptions): Upload;
  /** Waits until the image is ready, rejected or failed; UploadError of code `timeout` after `timeoutMs`. */
  waitUntilReady(imageId: string, options?: WaitOptions): Promise<Image>;
  /** The same of many, by one call at a time for up to 50; in the order of their ids. */
  waitUntilReady(imageIds: readonly string[], options?: WaitManyOptions): Promise<Image[]>;
  /**
   * The caller's own images as they change from now on, each state once, until the signal is aborted, which ends the loop.
   * Goes on after lost connections, 429 and 5xx; throws what trying again does not help against.
   */
  watch(options?: CallOptions): AsyncGenerator<Image>;
  /** A queue that sends many files, some at a time. */
  queue(options?: QueueOptions): UploadQueue;
  /** What may be sent, and what is left of the day. */
  limits(options?: CallOptions): Promise<Limits>;
  /** The caller's own images. */
  readonly images: Images;
}

/** A client. */
export class TintypeClient implements Client {
  readonly upload: Client["upload"];
  readonly waitUntilReady: Client["waitUntilReady"];
  readonly watch: Client["watch"];
  readonly queue: Client["queue"];
  readonly limits: Client["limits"];
  readonly images: Images;

  constructor({
    edge,
    token,
    store = new MemoryResumeStore(),
    account,
    fetch: given,
    retry = DEFAULT_RETRY,
    chunkBytes,
    imageTypes = [],
  }: ClientOptions) {
    const source = patientSource(token, retry);
    const clock = new ServerClock();
    const accept = ["application/json", ...imageTypes].join(", ");
    const access = { edge, token: source, fetcher: given ?? ownFetch, retry, clock, accept };
    const call = edgeCaller(access);
    const records = new ResumeRecords({ store, edge, account, token: source });
    const fetcher: SendingFetch = given ??
      (typeof XMLHttpRequest === "undefined" ? ownFetch : xhrFetch);
    const tools = { call, declare: declareEach(call), clock, fetcher, retry, chunkBytes, records };
    const together = { ...tools, declare: declareTogether(call, retry) };
    const images = imagesOf(call);
    this.images = images;
    const limits: Client["limits"] = (options) => call({ path: "/v1/limits", ...options });
    this.limits = limits;
    this.upload = (file, options) => beginUpload(tools, file, options);
    this.waitUntilReady =
      ((ids: string | readonly string[], options?: WaitManyOptions) =>
        typeof ids === "string"
          ? waitForOne(images, ids, options)
          : waitForMany(images, ids, options)) as Client["waitUntilReady"]; // one or many, as it is asked
    this.watch = (options) => watchImages(images, { ...options, retry });
    const upload: Client["upload"] = (file, options) => beginUpload(together, file, options);
    this.queue = (options) => new UploadQueue({ upload, images, limits }, options);
  }
}

/** A browser's must be called as its own. */
const ownFetch: typeof fetch = (input, init) => fetch(input, init);

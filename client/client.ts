/**
 * The client of Tintype's edge: start a session, send the file to it, wait until the image is ready.
 * Uses `fetch`, `Blob` and Web Crypto only, so that it runs wherever they do.
 */
import { edgeCaller } from "./edge_caller.ts";
import { type Image, imagePath } from "./image.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import { uploadFile, type UploadOptions } from "./upload_file.ts";
import { type WaitOptions, waitUntilReady } from "./wait_until_ready.ts";

export type { Image, UploadOptions, WaitOptions };

/** How to reach the edge. */
export interface ClientOptions {
  /** `https://images.example.com`, without a path. */
  readonly edge: string;
  /** Asked before each try, so that a token can be renewed. */
  readonly token: () => string | Promise<string>;
  readonly fetch?: typeof fetch;
  readonly retry?: RetryPolicy;
  /** Bytes of a chunk; 8 MiB where it is not given. */
  readonly chunkBytes?: number;
}

/** The calls of the client. Each throws UploadError, the signal's reason, or what `token` throws. */
export interface Client {
  /** Uploads a file and answers its id when the store has all of it. */
  upload(file: Blob, options?: UploadOptions): Promise<{ readonly imageId: string }>;
  /** Waits until the image is ready, rejected or failed; UploadError of code `timeout` after `timeoutMs`. */
  waitUntilReady(imageId: string, options: WaitOptions): Promise<Image>;
  /** Reads an image. */
  get(imageId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Image>;
  /** Asks for everything of the image to be erased. */
  erase(imageId: string): Promise<void>;
}

const DEFAULT_CHUNK_BYTES = 8 * 1024 * 1024;

/** Makes a client. */
export function createClient(
  {
    edge,
    token,
    fetch: fetcher = fetch,
    retry = DEFAULT_RETRY,
    chunkBytes = DEFAULT_CHUNK_BYTES,
  }: ClientOptions,
): Client {
  const call = edgeCaller({ edge, token, fetcher, retry });
  return {
    upload: (file, options = {}) => uploadFile({ call, fetcher, retry, chunkBytes }, file, options),
    waitUntilReady: (imageId, options) => waitUntilReady(call, imageId, options),
    get: (imageId, { signal } = {}) => call<Image>({ path: imagePath(imageId), signal }),
    erase: async (imageId) => {
      await call({ path: imagePath(imageId), method: "DELETE" });
    },
  };
}

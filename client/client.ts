/**
 * The client of Tintype's edge: start a session, send the file to it, wait until the image is ready.
 * Uses `fetch`, `Blob` and Web Crypto only, so that it runs wherever they do.
 */
import { newImageId } from "./image_id.ts";
import { UploadError } from "./problem.ts";
import { DEFAULT_RETRY, type RetryPolicy, sendWithRetry } from "./retry.ts";
import { cancelSession, sendToSession, type SessionUpload } from "./resumable_session.ts";

/** How to reach the edge. */
export interface ClientOptions {
  /** `https://images.example.com`, without a path. */
  readonly edge: string;
  /** Asked before each call, so that a token can be renewed. */
  readonly token: () => string | Promise<string>;
  readonly fetch?: typeof fetch;
  readonly retry?: RetryPolicy;
  /** Bytes of a chunk. */
  readonly chunkBytes?: number;
}

/** What to say of a file. */
export interface UploadOptions {
  /** Its media type where the file does not know it. */
  readonly contentType?: string;
  /** Sent again with the same id, it is the same image. */
  readonly imageId?: string;
  readonly preset?: string;
  readonly signal?: AbortSignal;
  /** Called with bytes that the store holds, and all bytes. */
  readonly onProgress?: (heldBytes: number, totalBytes: number) => void;
}

/** An image as `GET /v1/images/{id}` tells of it. */
export interface Image {
  readonly imageId: string;
  readonly status: "processing" | "ready" | "rejected" | "failed";
  readonly reason?: string;
  readonly bytes: number;
  readonly purgeAt: string;
  readonly renditions: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly contentType: string;
    readonly bytes: number;
    readonly url: string;
  }[];
}

/** The calls of the client. */
export interface Client {
  /** Uploads a file and answers its id when the store has all of it. Throws UploadError. */
  upload(file: Blob, options?: UploadOptions): Promise<{ readonly imageId: string }>;
  /** Waits until the image is ready, rejected or failed. Throws UploadError of code `timeout` after `timeoutMs`. */
  waitUntilReady(
    imageId: string,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Image>;
  /** Reads an image. */
  get(imageId: string, options?: { signal?: AbortSignal }): Promise<Image>;
  /** Asks for everything of the image to be erased. */
  erase(imageId: string): Promise<void>;
}

interface StartedUpload {
  readonly imageId: string;
  /** Absent where the image is there already. */
  readonly upload?: SessionUpload;
}

const DEFAULT_CHUNK_BYTES = 8 * 1024 * 1024;
/** New sessions after lost ones before an upload gives up. */
const MAX_SESSIONS = 3;
const WAIT_SECONDS = 20;

/** Makes a client. */
export function createClient(options: ClientOptions): Client {
  const call = caller(options);
  return {
    upload: (file, own = {}) => upload(file, { options, own, call }),
    waitUntilReady: (imageId, waiting) => waitUntilReady(call, imageId, waiting),
    get: async (imageId, { signal } = {}) =>
      await call<Image>({ path: imagePath(imageId), signal }),
    erase: async (imageId) => void await call({ path: imagePath(imageId), method: "DELETE" }),
  };
}

/** One call of the edge. */
interface EdgeCall {
  readonly path: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

type Caller = <T>(call: EdgeCall) => Promise<T>;

function caller(
  { edge, token, fetch: fetcher = fetch, retry = DEFAULT_RETRY }: ClientOptions,
): Caller {
  return async <T>({ path, method = "GET", body, signal }: EdgeCall) => {
    const request = async () => {
      const headers: Record<string, string> = { Authorization: `Bearer ${await token()}` };
      if (body !== undefined) headers["Content-Type"] = "application/json";
      const init: RequestInit = { method, headers, signal: signal ?? null };
      if (body !== undefined) init.body = JSON.stringify(body);
      return { url: new URL(path, edge).href, init };
    };
    const response = await sendWithRetry(fetcher, request, { retry, signal });
    return await response.json() as T; // the edge's contract
  };
}

async function upload(
  file: Blob,
  { options, own, call }: { options: ClientOptions; own: UploadOptions; call: Caller },
): Promise<{ readonly imageId: string }> {
  const fetcher = options.fetch ?? fetch;
  const imageId = own.imageId ?? newImageId();
  const declaration = {
    contentType: own.contentType ?? file.type,
    size: file.size,
    sha256: await sha256(file),
    imageId,
    ...(own.preset === undefined ? {} : { preset: own.preset }),
  };
  for (let sessions = 0; sessions < MAX_SESSIONS; sessions++) {
    const started = await call<StartedUpload>({
      path: "/v1/uploads",
      method: "POST",
      body: declaration,
      signal: own.signal,
    });
    if (started.upload === undefined) return { imageId };
    const session = started.upload;
    const outcome = await sendToSession(file, session, {
      fetcher,
      retry: options.retry ?? DEFAULT_RETRY,
      chunkBytes: options.chunkBytes ?? DEFAULT_CHUNK_BYTES,
      signal: own.signal,
      onHeld: (held) => own.onProgress?.(held, file.size),
    }).catch(async (error: unknown) => {
      if (own.signal?.aborted) await cancelSession(session, fetcher).catch(() => undefined);
      throw error;
    });
    if (outcome !== "lost") {
      own.onProgress?.(file.size, file.size);
      return { imageId };
    }
  }
  throw new UploadError({
    status: 410,
    code: "session_lost",
    detail: `the store lost ${MAX_SESSIONS} sessions`,
  });
}

async function waitUntilReady(
  call: Caller,
  imageId: string,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<Image> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) {
      throw new UploadError({
        status: 0,
        code: "timeout",
        detail: "the image was not ready in time",
      });
    }
    const seconds = Math.max(1, Math.min(WAIT_SECONDS, Math.ceil(leftMs / 1000)));
    const image = await call<Image>({ path: `${imagePath(imageId)}?wait=${seconds}`, signal });
    if (image.status !== "processing") return image;
  }
}

function imagePath(imageId: string): string {
  return `/v1/images/${encodeURIComponent(imageId)}`;
}

async function sha256(file: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

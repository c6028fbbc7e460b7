/**
 * A call of Cloud Storage: `authorize` gives it credentials, the transport sends it, a response that is no success becomes
 * a StorageError, and the one retry policy repeats it. Each API's operations are built on this.
 */
import { withRetry } from "./retry.ts";
import { linkSignal, throwIfAborted } from "./signals.ts";
import { StorageError, storageErrorOf } from "./storage_error.ts";
import {
  fetchTransport,
  type StorageRequest,
  type StorageResponse,
  type Transport,
} from "./transport.ts";

/** A call before it has credentials. It must be idempotent: it reads, or a precondition makes the second time harmless. */
export interface StorageCall extends Pick<StorageRequest, "body"> {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that a signature leaves out. */
  readonly unsignedHeaders?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Gives a call its URL, headers and credentials, anew for each try. */
export type Authorize = (
  endpoint: string,
  call: StorageCall,
) => Promise<Pick<StorageRequest, "url" | "headers">>;

/** Where Cloud Storage is, and how it is reached. */
export interface StorageAccess {
  /** `https://storage.googleapis.com`, or where an emulator listens; no path. */
  readonly endpoint: string;
  readonly authorize: Authorize;
  /** `fetch` where it is not given. */
  readonly transport?: Transport;
  /** How long one try may take in milliseconds, its response included: a minute by default. A stream takes as long as its source. */
  readonly timeoutMs?: number;
}

/** A bucket, and how it is reached. */
export interface Bucket extends StorageAccess {
  readonly bucket: string;
}

/** What is read of a response. */
export type ReadResponse<T> = (response: StorageResponse) => Promise<T>;

/** Google's own address. */
export const GOOGLE_STORAGE = "https://storage.googleapis.com";

const ATTEMPT_MS = 60_000;

/** Makes a call; `read` gets its successful response (2xx). Throws StorageError, or the signal's reason. */
export async function callStorage<T>(
  access: StorageAccess,
  call: StorageCall,
  read: ReadResponse<T>,
): Promise<T> {
  const attempt = () => callOnce(access, call, read);
  // A stream can be read once.
  if (call.body instanceof ReadableStream) return await attempt();
  return await withRetry(attempt, { signal: call.signal });
}

/** One try of {@link callStorage}. */
export async function callOnce<T>(
  access: StorageAccess,
  call: StorageCall,
  read: ReadResponse<T>,
): Promise<T> {
  const { method, body, signal } = call;
  const request = { ...await access.authorize(access.endpoint, call), method, body, signal };
  return await exchange(access, request, async (response) => {
    if (response.status >= 200 && response.status < 300) return await read(response);
    throw storageErrorOf(response, await response.text());
  });
}

/** Sends once; `read` gets the response, whatever its status. Throws StorageError of status 0 where none came whole, or the signal's reason. */
export async function exchange<T>(
  access: Pick<StorageAccess, "transport" | "timeoutMs">,
  { signal, ...request }: Omit<StorageRequest, "signal"> & Pick<StorageCall, "signal">,
  read: ReadResponse<T>,
): Promise<T> {
  throwIfAborted(signal);
  const { transport = fetchTransport, timeoutMs = ATTEMPT_MS } = access;
  const isStream = request.body instanceof ReadableStream;
  const linked = linkSignal(signal, { timeoutMs: isStream ? Infinity : timeoutMs });
  try {
    return await read(await transport({ ...request, signal: linked.signal }));
  } catch (cause) {
    throwIfAborted(signal);
    if (cause instanceof StorageError) throw cause;
    throw new StorageError("No response came", { status: 0, code: codeOf(cause) }, { cause });
  } finally {
    linked.release();
  }
}

/** The value, or null where the error is of this status. */
export async function nullOn<T>(status: number, value: Promise<T>): Promise<T | null> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof StorageError && error.status === status) return null;
    throw error;
  }
}

/** Reads a response as JSON. */
export async function readJson<T>(response: StorageResponse): Promise<T> {
  return JSON.parse(await response.text()) as T; // the API's contract
}

/** `ECONNREFUSED` and the like, which Node's fetch has one cause deeper. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : codeOf(error.cause);
}

/** Headers as they are read: `Headers`, or a `Map` of lower-case names. */
export interface HeaderReader {
  get(name: string): string | null | undefined;
}

/** A body in parts that can be sent again, or a stream that is read once. */
type StorageBody = readonly Uint8Array[] | ReadableStream<Uint8Array>;

/** A request as it is sent. */
export interface StorageRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: StorageBody | undefined;
  readonly signal: AbortSignal;
}

/** A response, whatever its status; `fetch`'s is one. */
export interface StorageResponse {
  readonly status: number;
  readonly headers: HeaderReader & Iterable<readonly [string, string]>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Sends a request once, following no redirect; rejects where no response came. */
export type Transport = (request: StorageRequest) => Promise<StorageResponse>;

/** Sends by the runtime's `fetch`. */
export const fetchTransport: Transport = async ({ url, method, headers, body, signal }) => {
  const init: RequestInit & { duplex?: "half" } = { method, headers, signal, redirect: "manual" };
  if (method === "GET") init.cache = "no-store";
  if (body instanceof ReadableStream) Object.assign(init, { body, duplex: "half" });
  else if (body !== undefined) init.body = bodyOf(body);
  return await fetch(url, init);
};

function bodyOf(parts: readonly Uint8Array[]): BodyInit {
  const [first = new Uint8Array(), ...more] = parts as readonly Uint8Array<ArrayBuffer>[]; // none is shared memory
  return more.length === 0 ? first : joined([first, ...more]);
}

/** One copy; runtimes copy a `Blob` twice and send it as a stream. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** The body of a request: throws when the connection is dropped on purpose. */
export type RequestBody = AsyncIterable<Uint8Array>;

/** A request as an emulator sees it. */
export interface Call {
  readonly method: string;
  /** Path as it was sent, percent-encoded and not resolved. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Read once; throws where the connection is cut. */
  readonly body: RequestBody;
  /** The emulator's address as the caller names it: `http://localhost:9023`. */
  readonly baseUrl: string;
  /** The identity whose port was called; undefined for the project's owner, and for callers that sign. */
  readonly identity?: string | undefined;
  /** Drops the caller's connection. */
  readonly hangUp: () => void;
}

/** A response; `Content-Length` is set from a text body. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Readable;
  /** In place of `body`: sent as JSON. */
  readonly json?: unknown;
}

/** A JSON response. */
export function jsonReply(status: number, body: unknown, headers: Reply["headers"] = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json; charset=UTF-8", ...headers },
    json: body,
  };
}

/** A header's value, its lines joined by commas; undefined where it was not sent. */
export function headerOf(call: Pick<Call, "headers">, name: string): string | undefined {
  const value = call.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The body that is sent: JSON as its text. */
export function bodyOf({ body, json }: Reply): Reply["body"] {
  return json === undefined ? body : JSON.stringify(json);
}

/** Reads a whole body as text, to its end even where it is over `maxBytes`: then undefined. */
export async function readText(body: RequestBody, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks).toString("utf8");
}

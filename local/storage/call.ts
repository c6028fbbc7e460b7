import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { RequestBody } from "../faults/faults.ts";
import { StorageFailure } from "./failures.ts";

/** A request as the APIs see it. */
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
  /** How the caller names us: `http://localhost:9023`. */
  readonly baseUrl: string;
  /** Who calls by the port that was called; undefined for the project's owner, and for who signs. */
  readonly identity?: string | undefined;
  /** Drops the caller's connection. */
  readonly hangUp: () => void;
}

/** What is answered; `Content-Length` is set from a text body. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Readable;
}

/** A header's value, its lines joined by commas; undefined where it was not sent. */
export function headerOf(call: Pick<Call, "headers">, name: string): string | undefined {
  const value = call.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The declared length of the body in bytes, undefined where it is sent chunked or not at all. */
export function contentLengthOf(call: Pick<Call, "headers">): number | undefined {
  const text = headerOf(call, "content-length");
  return text === undefined ? undefined : Number(text);
}

/** Decodes a part of a path; throws `bad_request` where it is not percent-encoded UTF-8. */
export function decodePath(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StorageFailure("bad_request", "The path is not percent-encoded UTF-8.");
  }
}

/** Reads a whole body as text; throws `bad_request` over `maxBytes`. */
export async function readText(body: RequestBody, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes) throw new StorageFailure("bad_request", "The request body is too large.");
  return Buffer.concat(chunks).toString("utf8");
}

/** Reads the rest of a body and forgets it, so that an answer can be read by who sends it. */
export async function drain(body: RequestBody): Promise<void> {
  for await (const _ of body);
}

/** What the client's tests send to: answers in a fixed order, or a session that holds bytes and has faults. */
import assert from "node:assert/strict";
import type { RetryPolicy } from "./retry.ts";

/** A request as it was sent. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** `Content-Range`, empty where there is none. */
  readonly range: string;
  readonly signal: AbortSignal | undefined;
}

/** What a request is answered with; a function may look at it, and may throw as a lost connection does. */
export type ScriptedAnswer = Response | ((sent: Sent) => Response | Promise<Response>);

/** Four tries, milliseconds apart. */
export const QUICK_RETRY: RetryPolicy = {
  maxAttempts: 4,
  minDelayMs: 1,
  maxDelayMs: 2,
  timeoutMs: 5_000,
};

/** What chunks are multiples of, in bytes. */
export const MULTIPLE = 256 * 1024;

/** A fetch that gives `answers` in their order, and what was sent to it; a request more fails the test. */
export function scriptedFetch(
  ...answers: ScriptedAnswer[]
): { readonly fetcher: typeof fetch; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    const request = await readSent(input, init);
    sent.push(request);
    const answer = answers[sent.length - 1];
    assert.ok(answer !== undefined, `no answer for ${request.method} ${request.range}`);
    return typeof answer === "function" ? await answer(request) : answer;
  };
  return { fetcher, sent };
}

/** A request as `fetch` is given it. */
export async function readSent(
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
): Promise<Sent> {
  const request = new Request(input, init);
  const body = new Uint8Array(await request.arrayBuffer());
  const { method, url, headers } = request;
  const range = headers.get("content-range") ?? "";
  return { method, url, headers, body, range, signal: init.signal ?? undefined };
}

/** `308` with `held` bytes; without `Range` where that is nothing. */
export function incomplete(held: number): Response {
  const headers: HeadersInit = held === 0 ? {} : { Range: `bytes=0-${held - 1}` };
  return new Response(null, { status: 308, headers });
}

/** JSON of any status. */
export function json(value: unknown, init: ResponseInit = {}): Response {
  return Response.json(value, init);
}

/** What `fetch` does when the connection is lost. */
export function connectionLost(): never {
  throw new TypeError("fetch failed");
}

/** A file of `size` bytes that differ from each other. */
export function fileOf(size: number): Blob {
  const bytes = Uint8Array.from({ length: size }, (_, index) => index * 31 + (index >> 8));
  return new Blob([bytes], { type: "image/jpeg" });
}

/** What the client's tests send to: answers in a fixed order in the place of the edge and of a session. */
import assert from "node:assert/strict";
import { type ClientOptions, TintypeClient } from "./client.ts";
import { newImageId } from "./image_id.ts";
import { UploadError } from "./problem.ts";
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
async function readSent(
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

/** A file of two chunks. */
export const FILE = fileOf(MULTIPLE + 5);
/** An image that is ready. */
export const IMAGE = {
  imageId: "x",
  status: "ready",
  bytes: FILE.size,
  purgeAt: "",
  renditions: [],
};
/** What a session answers when it is complete. */
export const stored = () => new Response(null);

/** What a session answers that is cancelled. */
export const cancelled = () => new Response(null, { status: 499 });

/** Ids that the edge has made. */
export const EDGE_MADE: string[] = [];

/** A session for the declared image, under an id that the edge makes where the declaration has none. */
export function started(url = "http://store.test/1") {
  return (sent: Sent) => {
    const { imageId = newImageId(Date.now()) } = declared(sent);
    EDGE_MADE.push(imageId);
    const expiresAt = new Date(Date.now() + 6 * 86_400_000).toISOString();
    const upload = { url, headers: {}, chunkMultiple: MULTIPLE, expiresAt };
    return json({ imageId, upload }, { status: 201 });
  };
}

/** Answers to a whole upload: its session, then both of its chunks. */
export const whole = (url?: string) => [started(url), incomplete(MULTIPLE), stored()];
/** Connections that are lost until a client gives up. */
export const LOST: readonly ScriptedAnswer[] = Array(QUICK_RETRY.maxAttempts).fill(connectionLost);

/** A problem document. */
export function problem(
  status: number,
  code: string,
  headers: HeadersInit = {},
  errors?: unknown,
): Response {
  const type = { "Content-Type": "application/problem+json" };
  const body = JSON.stringify({ status, code, detail: `said ${code}`, errors });
  return new Response(body, { status, headers: { ...headers, ...type } });
}

/** A client whose requests get these answers, and what it sent. */
export function clientOf(
  answers: readonly ScriptedAnswer[],
  options: Partial<ClientOptions> = {},
) {
  const { fetcher, sent } = scriptedFetch(...answers);
  const client = new TintypeClient({
    edge: "http://edge.test",
    token: () => "t0ken",
    account: "ann",
    fetch: fetcher,
    retry: QUICK_RETRY,
    chunkBytes: MULTIPLE,
    ...options,
  });
  return { client, sent };
}

/** Methods and addresses of requests. */
export function calls(sent: readonly Sent[]): string[] {
  return sent.map(({ method, url }) => `${method} ${url.replace("http://", "")}`);
}

/** What a request says in JSON. */
export function declared({ body }: Sent) {
  return JSON.parse(new TextDecoder().decode(body));
}

/** Whether an error is UploadError of a code. */
export const isProblem = (code: string) => (error: unknown) =>
  error instanceof UploadError && error.problem.code === code;

/** What the client's tests send to in the edge's place: its answers, and a client that gets them in a fixed order. */
import {
  connectionLost,
  fileOf,
  incomplete,
  json,
  MULTIPLE,
  QUICK_RETRY,
  type ScriptedAnswer,
  scriptedFetch,
  type Sent,
} from "./_testing.ts";
import { type ClientOptions, createClient } from "./client.ts";
import { UploadError } from "./problem.ts";

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

/** A session for the declared image, under the edge's own id where the declaration has none. */
export function started(url = "http://store.test/1") {
  return (sent: Sent) => {
    const { imageId = "edge-made" } = declared(sent);
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
  const client = createClient({
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

/**
 * One Cloud Storage resumable session: PUT chunks, believe only the `Range` that the store answers, ask for it after
 * every doubt, and take a completed session's answer as success however late it comes.
 */
import { problemOf, UploadError } from "./problem.ts";
import { isRetryable, retryDelayMs, type RetryPolicy, send, sleep } from "./retry.ts";

/** A session to send a file to. */
export interface SessionUpload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Non-final chunks are multiples of this, in bytes. */
  readonly chunkMultiple: number;
}

/** How to send. */
export interface SendOptions {
  readonly fetcher: typeof fetch;
  readonly retry: RetryPolicy;
  /** Bytes of a chunk, rounded to the session's multiple. */
  readonly chunkBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes that the store holds. */
  readonly onHeld?: ((bytes: number) => void) | undefined;
}

/** What became of a session: `lost` ones are gone for good and a new one may be asked for. */
export type SessionOutcome = "complete" | "lost" | "taken";

/** What the store answered: how much it holds, or how the session ended. */
type Answer = { readonly held: number } | SessionOutcome;

/** Sends a file to its session, resuming from the held offset after every trouble. Throws UploadError when it gives up. */
export async function sendToSession(
  file: Blob,
  session: SessionUpload,
  options: SendOptions,
): Promise<SessionOutcome> {
  let held = 0;
  let isSure = true;
  for (let failures = 0;;) {
    try {
      const answer = isSure
        ? await putChunk(file, session, { ...options, from: held })
        : await askHeld(file.size, session, options);
      if (typeof answer === "string") return answer;
      if (answer.held > held) failures = 0;
      held = answer.held;
      isSure = true;
      options.onHeld?.(held);
    } catch (error) {
      if (!(error instanceof UploadError) || !isRetryable(error.problem)) throw error;
      failures++;
      if (failures >= options.retry.maxAttempts) throw error;
      isSure = false;
      await sleep(
        retryDelayMs(failures, options.retry, error.problem.retryAfterMs),
        options.signal,
      );
    }
  }
}

/** Ends a session, so that nothing more can be sent to it. */
export async function cancelSession(session: SessionUpload, fetcher: typeof fetch): Promise<void> {
  const response = await send(fetcher, session.url, { method: "DELETE" });
  await response.body?.cancel();
}

async function putChunk(
  file: Blob,
  session: SessionUpload,
  { from, chunkBytes, ...options }: SendOptions & { readonly from: number },
): Promise<Answer> {
  const whole = Math.max(
    session.chunkMultiple,
    Math.floor(chunkBytes / session.chunkMultiple) * session.chunkMultiple,
  );
  const end = Math.min(file.size, from + whole);
  const range = end === from ? `bytes */${file.size}` : `bytes ${from}-${end - 1}/${file.size}`;
  return await put(file.slice(from, end), { session, range, total: file.size }, options);
}

async function askHeld(
  total: number,
  session: SessionUpload,
  options: SendOptions,
): Promise<Answer> {
  return await put(new Blob([]), { session, range: `bytes */${total}`, total }, options);
}

async function put(
  body: Blob,
  { session, range, total }: { session: SessionUpload; range: string; total: number },
  options: Pick<SendOptions, "fetcher" | "signal">,
): Promise<Answer> {
  const headers = { ...session.headers, "Content-Range": range };
  const signal = options.signal ?? null;
  const response = await send(options.fetcher, session.url, {
    method: "PUT",
    headers,
    body,
    signal,
  });
  if (response.status === 308) {
    await response.body?.cancel();
    return { held: heldOf(response, total) };
  }
  if (response.ok) {
    await response.body?.cancel();
    return "complete";
  }
  const problem = await problemOf(response);
  if (response.status === 404 || response.status === 410 || response.status === 499) return "lost";
  // Somebody finished first under this name; whether with the same bytes, the image's own record tells.
  if (response.status === 412) return "taken";
  throw new UploadError(problem);
}

/** `Range: bytes=0-N` says what is held; no `Range` says that nothing is. */
function heldOf(response: Response, total: number): number {
  const match = /^bytes=0-(\d+)$/.exec(response.headers.get("range") ?? "");
  return match === null ? 0 : Math.min(total, Number(match[1]) + 1);
}

/**
 * One Cloud Storage resumable session: PUT chunks, believe only the `Range` that the store answers, ask for it after
 * every doubt, and take a completed session's answer as success however late it comes.
 */
import { formatContentRange } from "@tintype/gcs/content_range";
import {
  type CompletedUpload,
  isLostStatus,
  isTaken,
  readSessionState,
} from "@tintype/gcs/session_state";
import type { ChunkSize } from "./chunk_size.ts";
import { storageProblemOf, UploadError } from "./problem.ts";
import { pauseAfter, type PauseOptions } from "./retry.ts";
import { type Answer, send } from "./send.ts";
import type { SendingFetch } from "./xhr_fetch.ts";
import type { FileParts } from "./upload_source.ts";

/** A session to send a file to. */
export interface SessionUpload {
  /** Itself the credential: whoever has it can write. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Non-final chunks are multiples of this, in bytes. */
  readonly chunkMultiple: number;
}

/** How to send. */
export interface SendOptions extends PauseOptions {
  readonly fetcher: SendingFetch;
  readonly chunks: ChunkSize;
  /** The file's, in big-endian base64, to be compared with the stored object's; may be found out while it is sent. */
  readonly crc32c?: string | Promise<string> | undefined;
  /** Whether the session may hold something already, so that it is asked first. */
  readonly isResumed?: boolean;
  /** Called with the bytes that the store holds after each answer; a store may hold less than it said before. */
  readonly onHeld?: ((bytes: number) => void) | undefined;
  /** Called with the bytes that have left, those that are held among them. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/**
 * What became of a session: `lost` ones are gone for good and a new one may be asked for; `taken` says that an object
 * of that name was there first, and the image's own record says whether it is this file.
 */
export type SessionOutcome = "complete" | "lost" | "taken";

/** What the store answered: how much it holds, or how the session ended. */
type SessionAnswer = { readonly held: number } | SessionOutcome;

const CANCEL_TIMEOUT_MS = 5_000;
const NOTHING = new Uint8Array(0);

/**
 * Sends a file to its session, resuming from the held offset after every trouble. Throws UploadError when it gives up,
 * the signal's reason when it is aborted.
 */
export async function sendToSession(
  file: FileParts,
  session: SessionUpload,
  options: SendOptions,
): Promise<SessionOutcome> {
  let held = 0;
  let mostHeld = 0;
  let isSure = options.isResumed !== true;
  for (let failures = 0;;) {
    try {
      const answer = isSure
        ? await putChunk(file, session, { ...options, from: held })
        : await askHeld(file, session, options);
      if (typeof answer === "string") return answer;
      if (isSure && answer.held <= held) throw stalled(answer.held);
      isSure = true;
      held = answer.held;
      if (held > mostHeld) failures = 0;
      mostHeld = Math.max(mostHeld, held);
      options.onHeld?.(held);
    } catch (error) {
      if (isSure) options.chunks.lost();
      isSure = false;
      failures = await pauseAfter(await causeOf(error, file), { ...options, failures });
    }
  }
}

/** Ends a session, so that nothing more can be sent to it; throws UploadError where no answer comes in five seconds. */
export async function cancelSession(session: SessionUpload, fetcher: SendingFetch): Promise<void> {
  await send(fetcher, { url: session.url, method: "DELETE" }, { timeoutMs: CANCEL_TIMEOUT_MS });
}

/** A part of the file, or none of it for a status query. */
interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly body: Blob | Uint8Array<ArrayBuffer>;
}

async function putChunk(
  file: FileParts,
  session: SessionUpload,
  { from, ...options }: SendOptions & { readonly from: number },
): Promise<SessionAnswer> {
  const end = Math.min(file.size, from + options.chunks.bytes);
  // All bytes are held, or there are none: only the end is to be said.
  if (end === from) return await askHeld(file, session, options);
  const chunk = { start: from, end, body: await file.part(from, end) };
  const startedMs = Date.now();
  const answer = await put(session, file.size, chunk, options);
  if (typeof answer !== "string" && answer.held > from) {
    options.chunks.took(answer.held - from, Date.now() - startedMs);
  }
  return answer;
}

/** The status query, which also completes a session that holds everything. */
async function askHeld(
  { size }: FileParts,
  session: SessionUpload,
  options: SendOptions,
): Promise<SessionAnswer> {
  return await put(session, size, { start: size, end: size, body: NOTHING }, options);
}

async function put(
  session: SessionUpload,
  size: number,
  { start, end, body }: Chunk,
  { fetcher, retry, signal, crc32c, onSent }: SendOptions,
): Promise<SessionAnswer> {
  const headers = { ...session.headers, "Content-Range": formatContentRange(start, end, size) };
  const request = { url: session.url, method: "PUT", headers, body };
  const answer = await send(fetcher, request, {
    timeoutMs: retry.timeoutMs,
    signal,
    onSent: (bytes) => onSent?.(start + bytes),
  });
  return await read(answer, size, crc32c);
}

async function read(
  { response, text }: Answer,
  size: number,
  crc32c: SendOptions["crc32c"],
): Promise<SessionAnswer> {
  const { status } = response;
  const state = readSessionState(response, text);
  if (state === undefined) {
    if (isLostStatus(status)) return "lost";
    // An object of this name was there first.
    if (isTaken(status, text)) return "taken";
    throw new UploadError(storageProblemOf(response));
  }
  if ("held" in state) return { held: Math.min(size, state.held) };
  if (isStored(state.completed, size, await crc32c)) return "complete";
  const detail = "the store has other bytes than the file";
  throw new UploadError({ status, code: "digest_mismatch", detail });
}

/** Whether the object is the file, as far as the store names its size and checksum. */
function isStored(stored: CompletedUpload, size: number, crc32c: string | undefined): boolean {
  if ((stored.size ?? String(size)) !== String(size)) return false;
  return crc32c === undefined || (stored.crc32c ?? crc32c) === crc32c;
}

/** A file that was changed or moved breaks the sending of its bytes just as a lost network does; reading it shows which. */
async function causeOf(error: unknown, file: FileParts): Promise<unknown> {
  if (!(error instanceof UploadError) || error.code !== "network" || file.size === 0) return error;
  try {
    await file.read(file.size - 1, file.size);
    return error;
  } catch (unreadable) {
    return unreadable;
  }
}

function stalled(held: number): UploadError {
  const detail = `the store holds ${held} bytes and took no more`;
  return new UploadError({ status: 308, code: "stalled", detail });
}

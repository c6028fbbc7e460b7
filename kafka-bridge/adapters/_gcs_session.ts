/**
 * An object from a stream, in one resumable session of the JSON API: start, put each piece, and after trouble ask what
 * is held and go on from there (https://cloud.google.com/storage/docs/performing-resumable-uploads).
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { CreateOutcome } from "@tintype/core/ports/object_store";
import {
  type BucketAccess,
  isRetryable,
  type StorageAnswer,
  StorageFailure,
} from "./_gcs_request.ts";

/** What to upload. */
export interface SessionUpload {
  /** The object's resource, its name among it. */
  readonly resource: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly contentType: string;
  readonly body: ReadableStream<Uint8Array>;
  /** Aborted when the upload is to be given up: the session is cancelled. */
  readonly signal: AbortSignal | undefined;
}

/** Every piece but the last is a multiple of it. */
const PIECE_MULTIPLE = 256 * 1024;
const ATTEMPTS = 6;
const FIRST_DELAY_MS = 100;
const CREATED: ReadonlySet<number> = new Set([200, 201]);
const INCOMPLETE = 308;
const CANCEL_TIMEOUT_MS = 5_000;

/**
 * Uploads as the stream is read: what it gave before is stored when it is read on. Throws the stream's own error,
 * StorageFailure (412 where the object is there, 404 and 410 where the session is lost) or the connection's error.
 */
export async function uploadInSession(
  access: BucketAccess,
  upload: SessionUpload,
): Promise<CreateOutcome> {
  const session = new Session(access, await start(access, upload), upload.signal);
  let held: Uint8Array = new Uint8Array();
  try {
    for await (const chunk of upload.body) {
      const bytes = held.byteLength === 0 ? chunk : Buffer.concat([held, chunk]);
      // The last piece may have any length, so something is kept back for it.
      const whole = Math.max(0, Math.floor((bytes.byteLength - 1) / PIECE_MULTIPLE));
      const pieceBytes = whole * PIECE_MULTIPLE;
      if (pieceBytes > 0) await session.put(bytes.subarray(0, pieceBytes), { isLast: false });
      held = Buffer.from(bytes.subarray(pieceBytes));
    }
    return await session.put(held, { isLast: true });
  } catch (error) {
    await session.cancel();
    throw error;
  }
}

async function start(access: BucketAccess, upload: SessionUpload): Promise<URL> {
  const { bucket, endpoint, send, authorize } = access;
  const { resource, contentType, signal } = upload;
  const url = new URL(`/upload/storage/v1/b/${bucket}/o`, endpoint);
  const query = { uploadType: "resumable", name: resource.name, ifGenerationMatch: "0" };
  url.search = new URLSearchParams(query).toString();
  const answer = await repeated(signal, async () => {
    const answer = await send({
      method: "POST",
      url,
      headers: {
        ...await authorize(),
        "content-type": "application/json",
        "x-upload-content-type": contentType,
      },
      body: [Buffer.from(JSON.stringify(resource))],
      signal,
    });
    if (!CREATED.has(answer.status)) throw new StorageFailure(answer);
    return answer;
  });
  return new URL(answer.headers.location ?? "", endpoint);
}

class Session {
  readonly #access: BucketAccess;
  /** The session's address is its credential: it is told to nobody. */
  readonly #url: URL;
  readonly #signal: AbortSignal | undefined;
  #offset = 0;

  constructor(access: BucketAccess, url: URL, signal: AbortSignal | undefined) {
    this.#access = access;
    this.#url = url;
    this.#signal = signal;
  }

  /** Puts a piece until it is held whole; the last one's outcome says what became of the object. */
  async put(
    piece: Uint8Array,
    { isLast }: { readonly isLast: boolean },
  ): Promise<CreateOutcome> {
    const end = this.#offset + piece.byteLength;
    const total = isLast ? String(end) : "*";
    const putFrom = (heldTo: number) => {
      const rest = piece.subarray(Math.max(0, heldTo - this.#offset));
      const range = rest.byteLength === 0 ? "*" : `${end - rest.byteLength}-${end - 1}`;
      return this.#put(`bytes ${range}/${total}`, [rest]);
    };
    let isInDoubt = false;
    return await repeated(this.#signal, async () => {
      const ask = isInDoubt ? this.#put(`bytes */${total}`, []) : putFrom(this.#offset);
      isInDoubt = true;
      let answer = await ask;
      // A piece may be held in part only: what is missing goes on from there.
      for (let before = -1; answer.status === INCOMPLETE;) {
        const heldTo = heldOf(answer);
        if (!isLast && heldTo >= end) break;
        if (heldTo <= before) throw new Error("Cloud Storage holds no more than before");
        before = heldTo;
        answer = await putFrom(heldTo);
      }
      const isCreated = CREATED.has(answer.status);
      if (answer.status !== INCOMPLETE && !isCreated) throw new StorageFailure(answer);
      this.#offset = end;
      return isCreated ? createdOf(answer) : { created: false };
    });
  }

  /** Best effort: a session that stays dies by itself in a week. */
  async cancel(): Promise<void> {
    await this.#access.send({
      method: "DELETE",
      url: this.#url,
      headers: {},
      signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS),
    }).catch(() => undefined);
  }

  async #put(range: string, body: readonly Uint8Array[]): Promise<StorageAnswer> {
    return await this.#access.send({
      method: "PUT",
      url: this.#url,
      headers: { "content-range": range },
      body,
      signal: this.#signal,
    });
  }
}

async function repeated<Answer>(
  signal: AbortSignal | undefined,
  act: () => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (!isRetryable(error) || attempt === ATTEMPTS || signal?.aborted) throw error;
    }
    const delayMs = FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** No `Range` means that nothing is held. */
function heldOf({ headers }: StorageAnswer): number {
  const last = /^bytes=0-(\d+)$/.exec(String(headers["range"] ?? ""))?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

function createdOf({ text }: StorageAnswer): CreateOutcome {
  const generation: unknown = text === "" ? undefined : JSON.parse(text).generation;
  return { created: true, generation: String(generation ?? "0") };
}

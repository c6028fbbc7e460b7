import { concat } from "./byte_reader.ts";
import { cancelSession, CHUNK_MULTIPLE, putToSession, startSession } from "./resumable_session.ts";
import type { CompletedUpload } from "./session_state.ts";
import { RETRY, withRetry } from "./retry.ts";
import type { Bucket } from "./storage_call.ts";
import { StorageError } from "./storage_error.ts";
import type { Generation, WriteOptions } from "./stored_object.ts";

/** A stream cannot be read again, so more is tried than for other calls. */
const POLICY = { ...RETRY, attempts: 6 };

/**
 * Creates an object from a stream in one resumable session: puts pieces as the stream is read, and after a failure asks
 * what is held and goes on from there. Throws the stream's own error, StorageError, or the signal's reason.
 */
export async function uploadStream(
  bucket: Bucket,
  name: string,
  body: ReadableStream<Uint8Array>,
  options: WriteOptions,
): Promise<Generation> {
  const url = await startSession(bucket, name, options);
  const put = streamSession(bucket, url, options.signal);
  let held: Uint8Array = new Uint8Array();
  try {
    for await (const chunk of body) {
      const bytes = concat(held, chunk);
      // The last piece may have any length, so something is kept back for it.
      const whole = Math.max(0, Math.floor((bytes.byteLength - 1) / CHUNK_MULTIPLE));
      const pieceBytes = whole * CHUNK_MULTIPLE;
      if (whole > 0) await put(bytes.subarray(0, pieceBytes), false);
      held = bytes.slice(pieceBytes);
    }
    return (await put(held, true))?.generation ?? "0";
  } catch (error) {
    await cancelSession(bucket, url);
    throw error;
  }
}

/** Returns what puts a piece until it is held whole; the last one's result is the object. */
function streamSession(bucket: Bucket, url: string, signal: AbortSignal | undefined) {
  let offset = 0;
  return async (piece: Uint8Array, isLast: boolean): Promise<CompletedUpload | undefined> => {
    const end = offset + piece.byteLength;
    const total = isLast ? end : undefined;
    const putFrom = (heldTo: number) => {
      const start = Math.min(end, Math.max(offset, heldTo));
      const body = [piece.subarray(start - offset)];
      return putToSession(bucket, url, { start, end, total, body, signal });
    };
    let isInDoubt = false;
    return await withRetry(async () => {
      const first = putFrom(isInDoubt ? end : offset);
      isInDoubt = true;
      let state = await first;
      // A piece may be held in part only: what is missing goes on from there.
      for (let before = -1; "held" in state && (isLast || state.held < end);) {
        if (state.held <= before) throw new StorageError("The session holds no more", STALLED);
        before = state.held;
        state = await putFrom(state.held);
      }
      offset = end;
      return "completed" in state ? state.completed : undefined;
    }, { signal, policy: POLICY });
  };
}

/** A failure after which asking again may help. */
const STALLED = { status: 0 } as const;

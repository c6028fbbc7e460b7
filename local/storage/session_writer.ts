import { CHUNK_MULTIPLE } from "@tintype/gcs/resumable_session";
import type { Call, RequestBody } from "../http/call.ts";
import type { SessionRecord } from "./session_database.ts";
import type { BlobFiles, BlobId } from "./blob_files.ts";
import { type Checksums, ContentHasher } from "./content_hasher.ts";

/** Which bytes of the object a body holds. */
interface BodySpan {
  /** The offset of the first byte, at most what is held: what lies below that is ignored. */
  readonly start: number;
  /** The offset behind the last byte that may be written; undefined where it is not known. */
  readonly limit: number | undefined;
}

/** How far a body was written. */
export interface Written {
  /** The offset behind the last byte on disk. */
  readonly offset: number;
  /** What ended the body too early, undefined where it came whole. */
  readonly cut: unknown;
}

interface Writing {
  readonly held: number;
  offset: number;
  readonly hangUp: () => void;
  readonly done: Promise<unknown>;
}

/**
 * Writes the bodies of resumable sessions to their files, one at a time for each session: a new one takes over from
 * one whose client has long gone away.
 */
export class SessionWriter {
  readonly #blobs: BlobFiles;
  readonly #writing = new Map<string, Writing>();

  constructor(blobs: BlobFiles) {
    this.#blobs = blobs;
  }

  /** What would be held if the body that is under way ended now; undefined where none is. */
  heldUnderWay(id: string): number | undefined {
    const writing = this.#writing.get(id);
    return writing && Math.max(writing.held, floorToMultiple(writing.offset));
  }

  /** Cuts the body that is under way, if any, and waits until its bytes are accounted for. */
  async takeOver(id: string): Promise<void> {
    while (true) {
      const writing = this.#writing.get(id);
      if (writing === undefined) return;
      writing.hangUp();
      await writing.done;
    }
  }

  /** Writes a body; `record` is called with the outcome before another request may write. */
  async write<T>(
    { id, blob, held }: SessionRecord,
    { start, limit }: BodySpan,
    { body, hangUp }: Call,
    record: (written: Written) => Promise<T>,
  ): Promise<T> {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const writing = { held, offset: start, hangUp, done };
    this.#writing.set(id, writing);
    try {
      const cut = await this.#copy(body, writing, { blob, limit });
      return await record({ offset: writing.offset, cut });
    } finally {
      this.#writing.delete(id);
      resolve();
    }
  }

  /** The checksums of the first `size` bytes, the file being cut behind them. */
  async checksums(blob: BlobId, size: number): Promise<Checksums> {
    await using file = await this.#blobs.open(blob);
    await file.truncate(size);
    const hasher = new ContentHasher();
    if (size > 0) {
      for await (const chunk of await this.#blobs.read(blob, 0, size - 1)) {
        hasher.add(chunk);
      }
    }
    return hasher.finish();
  }

  async #copy(
    body: RequestBody,
    writing: Writing,
    { blob, limit = Infinity }: Pick<SessionRecord, "blob"> & Pick<BodySpan, "limit">,
  ): Promise<unknown> {
    const { held } = writing;
    try {
      await using file = await this.#blobs.open(blob);
      for await (const chunk of body) {
        const fresh = chunk.subarray(
          Math.max(0, held - writing.offset),
          Math.max(0, limit - writing.offset),
        );
        const at = Math.max(held, writing.offset);
        if (fresh.length > 0) await file.write(fresh, 0, fresh.length, at);
        writing.offset = Math.min(limit, writing.offset + chunk.length);
      }
      return undefined;
    } catch (cut) {
      return cut ?? new Error("aborted");
    }
  }
}

/** The greatest multiple of {@link CHUNK_MULTIPLE} that is not above `offset`. */
export function floorToMultiple(offset: number): number {
  return offset - offset % CHUNK_MULTIPLE;
}

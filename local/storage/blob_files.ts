import { randomUUID } from "node:crypto";
import { createReadStream, mkdirSync } from "node:fs";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** The id of a file of bytes. */
export type BlobId = string;

/** The first and the last byte of a range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Bytes as files, never changed once a row of the database names them: the row is what makes an object, so a file
 * without one (its writer was killed) is removed at the next start.
 */
export class BlobFiles {
  readonly #folder: string;

  /** Makes the folder where it is missing. */
  constructor(folder: string) {
    this.#folder = folder;
    for (let byte = 0; byte < 256; byte++) {
      mkdirSync(join(folder, byte.toString(16).padStart(2, "0")), { recursive: true });
    }
  }

  /** The id of a new file, which {@link open} makes. */
  newId(): BlobId {
    return randomUUID();
  }

  /** Opens a file to write and read, making it where it is missing. */
  async open(id: BlobId): Promise<FileHandle> {
    const path = this.#path(id);
    return await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return open(path, "w+");
      throw error;
    });
  }

  /** Streams the bytes from `start` up to and including `end`; who holds the stream can read on when the file is removed. */
  async read(id: BlobId, { start, end }: ByteRange): Promise<Readable> {
    const stream = createReadStream(this.#path(id), { start, end, highWaterMark: 256 * 1024 });
    await new Promise<void>((resolve, reject) => {
      stream.once("open", () => resolve());
      stream.once("error", reject);
    });
    return stream;
  }

  /** Removes a file; one that is not there is as good as removed. */
  async remove(id: BlobId): Promise<void> {
    await rm(this.#path(id), { force: true });
  }

  /** Removes every file that `isNamed` does not know, and says how many. */
  async removeOrphans(isNamed: (id: BlobId) => boolean): Promise<number> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const orphans = entries.filter((entry) => entry.isFile() && !isNamed(entry.name));
    for (const { name } of orphans) await this.remove(name);
    return orphans.length;
  }

  #path(id: BlobId): string {
    return join(this.#folder, id.slice(0, 2), id);
  }
}

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { constants, createReadStream, mkdirSync } from "node:fs";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** The id of a file of bytes, a UUID. */
export type BlobId = string;

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

  /** Opens a file to write and read, making it where it is missing. */
  async open(id: BlobId): Promise<FileHandle> {
    return await open(this.#path(id), constants.O_RDWR | constants.O_CREAT);
  }

  /** Streams the bytes from `start` up to and including `end`; who holds the stream can read on when the file is removed. */
  async read(id: BlobId, start: number, end: number): Promise<Readable> {
    const stream = createReadStream(this.#path(id), { start, end, highWaterMark: 256 * 1024 });
    await once(stream, "open");
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

  /** Writes a block and removes it; throws where no write works, as on a full disk. */
  async probe(): Promise<void> {
    const id = randomUUID();
    try {
      await using file = await this.open(id);
      await file.write(new Uint8Array(4_096));
    } finally {
      await this.remove(id);
    }
  }

  #path(id: BlobId): string {
    return join(this.#folder, id.slice(0, 2), id);
  }
}

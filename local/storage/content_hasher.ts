import { createHash } from "node:crypto";
import { Crc32c } from "@tintype/gcs/crc32c";
import type { DeclaredChecksums } from "@tintype/gcs/hash_header";
import { StorageFailure } from "./failures.ts";

/** The checksums of an object's bytes. */
export interface Checksums {
  /** Big-endian base64. */
  readonly crc32c: string;
  /** Base64. */
  readonly md5Hash: string;
}

/** Computes the checksums of bytes that pass by, in their order. */
export class ContentHasher {
  readonly #crc32c = new Crc32c();
  #bytes = 0;
  readonly #md5 = createHash("md5");

  /** How many bytes were added. */
  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Uint8Array): void {
    this.#crc32c.update(bytes);
    this.#md5.update(bytes);
    this.#bytes += bytes.length;
  }

  /** The checksums of all bytes added; nothing can be added after it. */
  finish(): Checksums {
    return { crc32c: this.#crc32c.digest(), md5Hash: this.#md5.digest("base64") };
  }
}

/** Throws `bad_digest` where a declared checksum is not the computed one. */
export function checkDeclared(declared: DeclaredChecksums, computed: Checksums): void {
  for (const [key, what] of [["crc32c", "CRC32C"], ["md5Hash", "MD5 hash"]] as const) {
    const given = declared[key];
    if (given === undefined || given === computed[key]) continue;
    throw new StorageFailure(
      "bad_digest",
      `Provided ${what} "${given}" doesn't match calculated ${what} "${computed[key]}".`,
    );
  }
}

import { createHash } from "node:crypto";
import { StorageFailure } from "./failures.ts";
import { encodeCrc32c, updateCrc32c } from "./crc32c.ts";

/** The checksums of an object's bytes. */
export interface Checksums {
  /** Big-endian base64. */
  readonly crc32c: string;
  /** Base64. */
  readonly md5Hash: string;
}

/** Checksums that a caller says its bytes have. */
export type DeclaredChecksums = { readonly [Key in keyof Checksums]?: Checksums[Key] | undefined };

/** Computes the checksums of bytes that pass by, in their order. */
export class ContentHasher {
  #crc = 0;
  #bytes = 0;
  readonly #md5 = createHash("md5");

  /** How many bytes were added. */
  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Uint8Array): void {
    this.#crc = updateCrc32c(this.#crc, bytes);
    this.#md5.update(bytes);
    this.#bytes += bytes.length;
  }

  /** The checksums of all bytes added; nothing can be added after it. */
  finish(): Checksums {
    return { crc32c: encodeCrc32c(this.#crc), md5Hash: this.#md5.digest("base64") };
  }
}

/** Reads `x-goog-hash: crc32c=…,md5=…`, in one line or several. */
export function parseHashHeader(value: string | undefined): DeclaredChecksums {
  const parts = (value ?? "").split(",").map((part) => /^\s*(crc32c|md5)=(\S+)\s*$/.exec(part));
  const found = new Map(parts.map((part) => [part?.[1], part?.[2]]));
  return { crc32c: found.get("crc32c"), md5Hash: found.get("md5") };
}

/** Throws `bad_digest` where a declared checksum is not the computed one. */
export function checkDeclared(declared: DeclaredChecksums, computed: Checksums): void {
  const { crc32c, md5Hash } = declared;
  if (crc32c !== undefined && crc32c !== computed.crc32c) {
    throw mismatch("CRC32C", crc32c, computed.crc32c);
  }
  if (md5Hash !== undefined && md5Hash !== computed.md5Hash) {
    throw mismatch("MD5 hash", md5Hash, computed.md5Hash);
  }
}

function mismatch(what: string, given: string, computed: string): StorageFailure {
  return new StorageFailure(
    "bad_digest",
    `Provided ${what} "${given}" doesn't match calculated ${what} "${computed}".`,
  );
}

import type { ImageHeader } from "../../model/insights.ts";
import type { MediaType } from "../../model/media_type.ts";
import { ImageRejected } from "../../model/reject_reason.ts";

/** A part of a file, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Where a file says how its picture came to be. */
export interface OriginRanges {
  /** An XMP packet (ISO 16684-1). */
  readonly xmp?: ByteRange | undefined;
  /** Parts of a JUMBF box (ISO 19566-5), which Content Credentials are stored in, in their order. */
  readonly jumbf?: readonly ByteRange[];
}

/** What a format's probe finds; `mediaType` only where it knows better than the magic bytes. */
export interface FormatFacts extends OriginRanges {
  readonly header: ImageHeader;
  readonly exif?: ByteRange | undefined;
  /** Bytes of the colour profile as stored; none where there is none. */
  readonly iccBytes?: number | undefined;
  /** Pixels that a decoder makes before it crops, where they are more than the header's. */
  readonly codedPixels?: number;
  readonly mediaType?: MediaType;
}

/** Reads one format's header. */
export type FormatProbe = (reader: ProbeReader) => FormatFacts;

/** Header elements (markers, chunks, boxes, directories) that a probe looks at; real files have dozens. */
const MAX_STEPS = 20_000;

/** Reads a file that is at hand, and refuses to go on without end. */
export class ProbeReader {
  readonly whole: Uint8Array;
  #steps = 0;

  constructor(whole: Uint8Array) {
    this.whole = whole;
  }

  /** In bytes. */
  get size(): number {
    return this.whole.length;
  }

  /** Exactly these bytes; throws `truncated` where the file ends before, `corrupt` where no file is so long. */
  bytes(offset: number, length: number): Uint8Array {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0) {
      throw new ImageRejected("corrupt", "its header points out of any file");
    }
    if (offset + length > this.size) {
      throw new ImageRejected("truncated", `byte ${offset + length} is needed of ${this.size}`);
    }
    return this.whole.subarray(offset, offset + length);
  }

  /** A view of exactly these bytes; throws as {@link bytes}. */
  view(offset: number, length: number): DataView {
    return viewOf(this.bytes(offset, length));
  }

  /** These bytes; undefined where the file ends before. */
  held(offset: number, length: number): Uint8Array | undefined {
    const isThere = offset >= 0 && offset + length <= this.size;
    return isThere ? this.whole.subarray(offset, offset + length) : undefined;
  }

  /** Counts one element looked at; throws `corrupt` where a header never ends. */
  step(): void {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) {
      throw new ImageRejected("corrupt", `its header has more than ${MAX_STEPS} elements`);
    }
  }
}

/** A view of bytes where they lie. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes as Latin-1 text. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

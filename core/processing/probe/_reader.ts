import type { CallOptions } from "../../ports/call_options.ts";
import type { ImageHeader } from "../../model/insights.ts";
import type { MediaType } from "../../model/media_type.ts";
import { ImageRejected } from "../../model/reject_reason.ts";

/** Bytes that can be read by ranges; `read` answers exactly `length` bytes where the range lies within `size`. */
export interface ByteSource {
  readonly size: number;
  read(
    offset: number,
    length: number,
    options?: CallOptions,
  ): Promise<Uint8Array>;
}

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
export type FormatProbe = (reader: ProbeReader) => Promise<FormatFacts>;

/** The first read: holds the whole header of nearly every picture. */
const HEAD_BYTES = 65_536;
/** Every later read, where a format does not need more at once. */
const WINDOW_BYTES = 524_288;
/** The most that one read takes, and so (eight times over) the most that a probe holds. */
const MAX_READ_BYTES = 4_194_304;
const MAX_READS = 8;
/** Header elements (markers, chunks, boxes, directories) that a probe looks at; real files have dozens. */
const MAX_STEPS = 20_000;

/** Reads ranges through a few held windows and refuses to go on without end. */
export class ProbeReader {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #windows: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #reads = 0;
  #steps = 0;

  constructor(source: ByteSource, signal?: AbortSignal) {
    this.size = source.size;
    this.#source = source;
    this.#signal = signal;
  }

  /** A reader of a whole file that is at hand; it reads nothing else. */
  static of(bytes: Uint8Array): ProbeReader {
    const reader = new ProbeReader({ size: bytes.length, read: () => Promise.resolve(bytes) });
    reader.#windows.push({ offset: 0, bytes });
    return reader;
  }

  /** Exactly these bytes; throws `truncated` where the file ends before, `corrupt` where too much is asked for. */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0) {
      throw new ImageRejected("corrupt", "its header points out of any file");
    }
    if (offset + length > this.size) {
      throw new ImageRejected("truncated", `byte ${offset + length} is needed of ${this.size}`);
    }
    return this.held(offset, length) ?? await this.#load(offset, length);
  }

  /** A view of exactly these bytes; throws as {@link bytes}. */
  async view(offset: number, length: number): Promise<DataView> {
    return viewOf(await this.bytes(offset, length));
  }

  /** These bytes where they are at hand without another read. */
  held(offset: number, length: number): Uint8Array | undefined {
    for (const window of this.#windows) {
      const from = offset - window.offset;
      if (from >= 0 && from + length <= window.bytes.length) {
        return window.bytes.subarray(from, from + length);
      }
    }
    return undefined;
  }

  /** The bytes at hand from the file's first one on. */
  heldFromStart(): Uint8Array {
    return this.#windows.find(({ offset }) => offset === 0)?.bytes ?? new Uint8Array();
  }

  /** Counts one element looked at; throws `corrupt` where a header never ends. */
  step(): void {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) {
      throw new ImageRejected("corrupt", `its header has more than ${MAX_STEPS} elements`);
    }
  }

  /** Whether another range may be read. */
  get mayRead(): boolean {
    return this.#reads < MAX_READS;
  }

  async #load(offset: number, length: number): Promise<Uint8Array> {
    if (length > MAX_READ_BYTES) {
      throw new ImageRejected("corrupt", `its header has an element of ${length} bytes`);
    }
    if (!this.mayRead) {
      throw new ImageRejected("corrupt", `its header needs more than ${MAX_READS} range reads`);
    }
    this.#signal?.throwIfAborted();
    this.#reads += 1;
    const usual = offset === 0 ? HEAD_BYTES : WINDOW_BYTES;
    const wanted = Math.min(Math.max(length, usual), this.size - offset);
    const bytes = await this.#source.read(offset, wanted, { signal: this.#signal });
    this.#windows.push({ offset, bytes });
    if (bytes.length < length) {
      throw new ImageRejected("truncated", `byte ${offset + length} is needed of ${this.size}`);
    }
    return bytes.subarray(0, length);
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

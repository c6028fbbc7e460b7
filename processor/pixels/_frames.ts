/**
 * What crosses the pipes of a pixel process: frames of two lengths (32 bits, big endian), a JSON header and raw bytes.
 * Both ends use it; the parent bounds what it is willing to hold, as the other end has touched hostile bytes.
 */

/** A frame as it was received. */
export interface Frame {
  readonly header: unknown;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What a reader is willing to hold of one frame, in bytes. */
export interface FrameLimits {
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
}

const PREFIX_BYTES = 8;

/** Writes one frame; the body's parts follow one another. */
export async function writeFrame(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  header: unknown,
  parts: readonly Uint8Array[] = [],
): Promise<void> {
  for (const part of [headOf(header, parts), ...parts]) await writer.write(part);
}

/** The same where nothing else waits for the thread: a third of the work for a photograph. */
export function writeFrameSync(
  target: { writeSync(bytes: Uint8Array): number },
  header: unknown,
  parts: readonly Uint8Array[] = [],
): void {
  for (const part of [headOf(header, parts), ...parts]) {
    for (let at = 0; at < part.length;) at += target.writeSync(part.subarray(at));
  }
}

/** The next frame, or null where the source ended before one; waits on its thread. Throws RangeError as {@link FrameReader}. */
export function readFrameSync(
  source: { readSync(into: Uint8Array): number | null },
  limits: FrameLimits,
): Frame | null {
  const prefix = takeSync(source, PREFIX_BYTES);
  if (prefix === null) return null;
  const { headerBytes, bodyBytes } = lengthsOf(prefix, limits);
  const header = takeSync(source, headerBytes);
  const body = takeSync(source, bodyBytes);
  return header === null || body === null ? null : { header: parseHeader(header), body };
}

function takeSync(
  source: { readSync(into: Uint8Array): number | null },
  length: number,
): Uint8Array<ArrayBuffer> | null {
  const taken = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = source.readSync(taken.subarray(at));
    if (read === null) return null;
    at += read;
  }
  return taken;
}

function headOf(header: unknown, parts: readonly Uint8Array[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(PREFIX_BYTES + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, text.length);
  view.setUint32(4, parts.reduce((sum, { length }) => sum + length, 0));
  head.set(text, PREFIX_BYTES);
  return head;
}

function lengthsOf(
  prefix: Uint8Array<ArrayBuffer>,
  { maxHeaderBytes, maxBodyBytes }: FrameLimits,
): { headerBytes: number; bodyBytes: number } {
  const view = new DataView(prefix.buffer);
  const [headerBytes, bodyBytes] = [view.getUint32(0), view.getUint32(4)];
  if (headerBytes <= maxHeaderBytes && bodyBytes <= maxBodyBytes) return { headerBytes, bodyBytes };
  throw new RangeError(`Cannot take a frame of ${headerBytes} and ${bodyBytes} bytes`);
}

function parseHeader(header: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(header));
}

/** Reads frames one after another. */
export class FrameReader {
  readonly #chunks: ReadableStreamDefaultReader<Uint8Array>;
  readonly #limits: FrameLimits;
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>, limits: FrameLimits) {
    this.#chunks = stream.getReader();
    this.#limits = limits;
  }

  /** The next frame, or null where the stream ended before one; throws RangeError for one that is over the limits. */
  async next(): Promise<Frame | null> {
    const prefix = await this.#take(PREFIX_BYTES);
    if (prefix === null) return null;
    const { headerBytes, bodyBytes } = lengthsOf(prefix, this.#limits);
    const header = await this.#take(headerBytes);
    const body = await this.#take(bodyBytes);
    if (header === null || body === null) return null;
    return { header: parseHeader(header), body };
  }

  /** Exactly `length` bytes of their own, or null where the stream ended before. */
  async #take(length: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const taken = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#rest.length === 0) {
        const { value } = await this.#chunks.read();
        if (value === undefined) return null;
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return taken;
  }
}

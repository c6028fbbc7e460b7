import { AppError } from "@tintype/core/errors";
import { SNIFF_BYTES } from "@tintype/core/model/media_type";
import type { BodyPromise, UploadBody } from "@tintype/core/ports/upload_body";
import { concat } from "@tintype/gcs/byte_reader";
import { sleep } from "@tintype/gcs/signals";
import { isEncoded } from "../middleware/validate.ts";
import type { ByteStreams, RunningDigest } from "../ports.ts";
import { boundaryOf, readOnlyFile } from "./_multipart.ts";

/** The largest image that passes through the edge, in bytes. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** What a multipart body may have around its file, in bytes. */
const MULTIPART_SLACK_BYTES = 16_384;

/** How long the rest of a body may take once storage has answered, in milliseconds. */
const STRAGGLER_MS = 1_000;

/** How long storage may take over bytes that it was given, or over its answer to all of them, in milliseconds. */
const STORAGE_MS = 30_000;

type Chunks = AsyncGenerator<Uint8Array, void, void>;

/**
 * Opens a request's image: its body, or the one file of a multipart form.
 * Throws `length_required`, `too_large`, `unsupported_type` and `invalid_request`.
 */
export async function openBody(request: Request, streams: ByteStreams): Promise<ImageBody> {
  const { headers } = request;
  if (isEncoded(headers.get("content-encoding") ?? undefined)) {
    const message = "Cannot take a compressed body: send the image's own bytes";
    throw new AppError("unsupported_type", message);
  }
  const contentType = headers.get("content-type") ?? "";
  const length = lengthOf(headers.get("content-length"));
  const chunks = chunksOf(request.body);
  if (/^multipart\//i.test(contentType)) {
    if (length !== undefined) admitLength(length - MULTIPART_SLACK_BYTES, MAX_BODY_BYTES);
    const file = await readOnlyFile(chunks, boundaryOf(contentType));
    return new ImageBody({ ...file, size: undefined, streams });
  }
  if (length === undefined) {
    throw new AppError("length_required", "Cannot take image as Content-Length is missing");
  }
  admitLength(length, MAX_BODY_BYTES);
  return new ImageBody({ contentType, size: length, chunks, streams });
}

/** What an {@link ImageBody} is made of. */
interface ImageBodyParts {
  readonly contentType: string;
  /** Undefined where a multipart form does not say. */
  readonly size: number | undefined;
  readonly chunks: Chunks;
  readonly streams: ByteStreams;
}

/** What the passing bytes are held to; the digest only where one was declared. */
interface PumpOptions {
  readonly digest: { readonly running: RunningDigest; readonly sha256: string } | undefined;
  readonly maxBytes: number;
}

/** An image on its way through the edge: its first bytes are looked at, then all are passed on as they come. */
export class ImageBody implements UploadBody {
  readonly contentType: string;
  readonly size: number | undefined;
  passedBytes = 0;
  readonly #chunks: Chunks;
  readonly #streams: ByteStreams;
  #looked: Uint8Array = new Uint8Array();

  constructor({ contentType, size, chunks, streams }: ImageBodyParts) {
    this.contentType = contentType;
    this.size = size;
    this.#chunks = chunks;
    this.#streams = streams;
  }

  async head(): Promise<Uint8Array> {
    while (this.#looked.length < SNIFF_BYTES) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      this.#looked = concat(this.#looked, value);
    }
    return this.#looked.subarray(0, SNIFF_BYTES);
  }

  /**
   * Holds the last chunk until size and digest are found right, and aborts the request where they are not, or where
   * storage keeps it waiting for 30 seconds.
   */
  async sendTo<Sent>(
    send: (bytes: ReadableStream<Uint8Array>, signal: AbortSignal) => Promise<Sent>,
    { sha256, maxBytes }: BodyPromise,
  ): Promise<Sent> {
    const streams = this.#streams;
    const pipe = this.size === undefined ? streams.unsized() : streams.fixedLength(this.size);
    const digest = sha256 === undefined ? undefined : { running: streams.sha256(), sha256 };
    const writer = pipe.writable.getWriter();
    const sending = new AbortController();
    const pumping = settled(
      this.#pump(writer, sending, { digest, maxBytes }).catch((error: unknown) => {
        // First the request: an aborted stream alone would end a chunked body as if it were whole.
        sending.abort();
        writer.abort().catch(() => undefined);
        throw error;
      }),
    );
    const answering = settled(send(pipe.readable, sending.signal));
    void pumping.then(() => withTimeout(answering, sending));
    const sent = await answering;
    // Storage may answer before it has read everything, over an object that is there; then nobody reads on.
    const pumped = await Promise.race([pumping, sleep(STRAGGLER_MS)]);
    if (pumped === undefined) writer.abort().catch(() => undefined);
    if (pumped?.status === "rejected" && pumped.reason instanceof AppError) throw pumped.reason;
    if (sent.status === "rejected") throw sent.reason;
    return sent.value;
  }

  async #pump(
    writer: WritableStreamDefaultWriter<Uint8Array>,
    sending: AbortController,
    { digest, maxBytes }: PumpOptions,
  ): Promise<void> {
    let held: Uint8Array | undefined;
    let bytes = 0;
    for await (const chunk of this.#all()) {
      bytes += chunk.length;
      admitLength(bytes, maxBytes);
      await digest?.running.update(chunk);
      if (held !== undefined) await withTimeout(writer.write(held), sending);
      held = chunk;
    }
    admitWhole(bytes, this.size);
    this.passedBytes = bytes;
    if (digest !== undefined) admitDigest(await digest.running.hex(), digest.sha256);
    if (held !== undefined) await withTimeout(writer.write(held), sending);
    await withTimeout(writer.close(), sending);
  }

  async *#all(): Chunks {
    if (this.#looked.length > 0) yield this.#looked;
    this.#looked = new Uint8Array();
    yield* this.#chunks;
  }
}

/** How a promise ended. */
async function settled<Value>(promise: Promise<Value>): Promise<PromiseSettledResult<Value>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}

/** What storage does, whose request is aborted where that takes too long. */
async function withTimeout<Value>(work: Promise<Value>, sending: AbortController): Promise<Value> {
  const timer = setTimeout(() => sending.abort(), STORAGE_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

function admitLength(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new AppError(
    "too_large",
    maxBytes < MAX_BODY_BYTES
      ? `Cannot take image: size must be at most ${maxBytes} bytes`
      : `Cannot take image: it must be at most ${maxBytes} bytes here (POST /v1/uploads takes larger ones)`,
  );
}

function admitWhole(bytes: number, declared: number | undefined): void {
  if (declared === undefined || bytes === declared) return;
  throw new AppError(
    "invalid_request",
    `Cannot take image as the body must have ${declared} bytes as declared: it has ${bytes}`,
  );
}

function admitDigest(actual: string, declared: string): void {
  if (actual === declared) return;
  throw new AppError("digest_mismatch", "Cannot take image as its SHA-256 is not the declared one");
}

function lengthOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^[0-9]{1,15}$/.test(header)) return Number(header);
  throw new AppError("invalid_request", "Cannot take image as Content-Length must be a number");
}

async function* chunksOf(body: ReadableStream<Uint8Array> | null): Chunks {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new AppError("invalid_request", "Cannot take image as its body broke off");
      });
      if (done) return;
      if (value.length > 0) yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** An upload in one request: `multipart/related` (RFC 2387) of an object's resource and its bytes, written and read. */
import { ByteReader } from "./byte_reader.ts";
import { boundaryOf, MalformedMultipart } from "./multipart.ts";

const MAX_HEAD_BYTES = 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A body that is about to be sent. */
export interface RelatedBody {
  readonly contentType: string;
  /** The media is one of the parts, and not copied. */
  readonly parts: readonly Uint8Array[];
}

/** The two parts of a body that was received. */
export interface RelatedParts {
  /** The first part's text: JSON. */
  readonly resource: string;
  /** `Content-Type` of the second part. */
  readonly mediaType: string | undefined;
  /** The second part; throws {@link MalformedMultipart} where the closing boundary is missing. */
  readonly media: AsyncGenerator<Uint8Array, void, void>;
}

/** Writes the body that uploads `media` as `mediaType`. */
export function writeRelated(
  resource: Readonly<Record<string, unknown>>,
  media: Uint8Array,
  mediaType: string,
): RelatedBody {
  const boundary = crypto.randomUUID();
  const head = (type: string) => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`;
  const before = `${head("application/json")}${JSON.stringify(resource)}\r\n${head(mediaType)}`;
  return {
    contentType: `multipart/related; boundary=${boundary}`,
    parts: [encoder.encode(before), media, encoder.encode(`\r\n--${boundary}--\r\n`)],
  };
}

/** Reads a body up to the bytes of its second part, which stream on; throws {@link MalformedMultipart}. */
export async function readRelated(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): Promise<RelatedParts> {
  const boundary = `--${boundaryOf(contentType)}`;
  const reader = new ByteReader(body);
  const textUntil = async (mark: Uint8Array) => {
    const bytes = await reader.takeUntil(mark, MAX_HEAD_BYTES);
    if (bytes === undefined) throw new MalformedMultipart("A part is missing.");
    return decoder.decode(bytes);
  };
  await textUntil(encoder.encode(boundary));
  // Python's writers end lines without a carriage return, and Google takes both.
  const lineEnd = (await textUntil(encoder.encode("\n"))).endsWith("\r") ? "\r\n" : "\n";
  const delimiter = encoder.encode(lineEnd + boundary);
  const endOfHead = encoder.encode(lineEnd + lineEnd);
  // A part without headers begins with the end of its head.
  reader.unshift(encoder.encode(lineEnd));
  await textUntil(endOfHead);
  const resource = await textUntil(delimiter);
  const mediaType = /^content-type:[ \t]*(.*?)\s*$/im.exec(await textUntil(endOfHead))?.[1];
  return { resource, mediaType, media: readMedia(reader, delimiter) };
}

async function* readMedia(
  reader: ByteReader,
  delimiter: Uint8Array,
): AsyncGenerator<Uint8Array, void, void> {
  if (!(yield* reader.streamUntil(delimiter))) {
    throw new MalformedMultipart("The closing boundary is missing.");
  }
  await reader.drain();
}

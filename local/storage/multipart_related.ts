import type { RequestBody } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";

const MAX_HEAD_BYTES = 1024 * 1024;
const CRLF2 = Buffer.from("\r\n\r\n");

/** The two parts of a `multipart/related` upload (RFC 2387): the object's resource and its bytes. */
export interface RelatedParts {
  /** The first part's text: JSON. */
  readonly resource: string;
  /** `Content-Type` of the second part. */
  readonly mediaType: string | undefined;
  /** The second part; throws `bad_request` where the closing boundary is missing. */
  readonly media: RequestBody;
}

/** Reads a body up to the bytes of its second part, which stream on; throws `bad_request` where it is not of that form. */
export async function readRelated(
  body: RequestBody,
  contentType: string | undefined,
): Promise<RelatedParts> {
  const boundary = /^multipart\/related\s*;.*\bboundary="?([^";,]+)"?/i.exec(contentType ?? "")
    ?.[1];
  if (boundary === undefined) throw malformed("The boundary is missing.");
  const chunks = body[Symbol.asyncIterator]();
  const delimiter = Buffer.from(`\r\n--${boundary.trim()}`);
  // The first boundary has no line break before it: give it one.
  let held = Buffer.from("\r\n");
  const readUntil = async (mark: Buffer): Promise<Buffer> => {
    let at = held.indexOf(mark);
    while (at < 0) {
      const { value, done } = await chunks.next();
      if (done === true || held.length > MAX_HEAD_BYTES) throw malformed("A part is missing.");
      const seen = held.length;
      held = Buffer.concat([held, value]);
      at = held.indexOf(mark, Math.max(0, seen - mark.length));
    }
    const before = held.subarray(0, at);
    held = held.subarray(at + mark.length);
    return before;
  };
  await readUntil(delimiter);
  await readUntil(CRLF2);
  const resource = (await readUntil(delimiter)).toString("utf8");
  const head = (await readUntil(CRLF2)).toString("latin1");
  const mediaType = /^content-type:[ \t]*(.*?)[ \t]*$/im.exec(head)?.[1];
  return { resource, mediaType, media: streamUntil(chunks, held, delimiter) };
}

async function* streamUntil(
  chunks: AsyncIterator<Uint8Array>,
  first: Buffer,
  delimiter: Buffer,
): RequestBody {
  let held = first;
  while (true) {
    const at = held.indexOf(delimiter);
    if (at >= 0) {
      yield held.subarray(0, at);
      break;
    }
    // The delimiter may begin in this chunk and end in the next.
    const safe = Math.max(0, held.length - delimiter.length + 1);
    if (safe > 0) yield held.subarray(0, safe);
    const { value, done } = await chunks.next();
    if (done === true) throw malformed("The closing boundary is missing.");
    held = Buffer.concat([held.subarray(safe), value]);
  }
  while ((await chunks.next()).done !== true);
}

function malformed(why: string): StorageFailure {
  return new StorageFailure("bad_request", `Malformed multipart body. ${why}`);
}

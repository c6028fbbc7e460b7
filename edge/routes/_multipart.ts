import { AppError } from "@tintype/core/errors";

/** Bytes as they come. */
type Chunks = AsyncGenerator<Uint8Array, void, void>;

/** The one file of a form. */
interface MultipartFile {
  /** As the form declares it; empty where it does not. */
  readonly contentType: string;
  /** Ends by throwing `invalid_request` where the form is broken or holds more than the file. */
  readonly chunks: Chunks;
}

const MAX_HEADER_BYTES = 4_096;
const CRLF = [13, 10] as const;
const DASHES = [45, 45] as const;

/** The boundary of a `multipart/form-data` type (RFC 7578, RFC 2046 section 5.1.1); throws `unsupported_type` or `invalid_request`. */
export function boundaryOf(contentType: string): string {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) {
    throw new AppError("unsupported_type", "Cannot take a multipart body but multipart/form-data");
  }
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ??
    [];
  const boundary = quoted ?? bare;
  if (boundary !== undefined) return boundary;
  throw broken("its Content-Type must name a boundary");
}

/** Reads up to the bytes of a form's only file; nothing more than a delimiter is held of it. Throws `invalid_request`. */
export async function readOnlyFile(chunks: Chunks, boundary: string): Promise<MultipartFile> {
  const delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  const source = new Lookahead(chunks);
  source.unshift(Uint8Array.from(CRLF)); // the first delimiter has no line before it
  if (!startsWith(await source.take(delimiter.length), delimiter)) {
    throw broken("it must begin with its boundary");
  }
  if (!startsWith(await source.take(2), CRLF)) throw broken("it must hold a file");
  const headers = await readHeaders(source);
  if (!/;\s*filename\*?=/i.test(headers.get("content-disposition") ?? "")) {
    throw broken("its one part must be a file (with a file name)");
  }
  return {
    contentType: headers.get("content-type") ?? "",
    chunks: readFile(source, delimiter),
  };
}

async function readHeaders(source: Lookahead): Promise<Map<string, string>> {
  const block = await source.takeUntil(Uint8Array.of(...CRLF, ...CRLF), MAX_HEADER_BYTES);
  const headers = new Map<string, string>();
  for (const line of new TextDecoder().decode(block).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 1) throw broken("a part's header must be name: value");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

async function* readFile(source: Lookahead, delimiter: Uint8Array): Chunks {
  for (;;) {
    const chunk = await source.next();
    if (chunk === undefined) throw broken("it must end with its boundary");
    const at = indexOf(chunk, delimiter);
    if (at >= 0) {
      if (at > 0) yield chunk.subarray(0, at);
      source.unshift(chunk.subarray(at + delimiter.length));
      break;
    }
    // A delimiter may begin in this chunk's tail and end in the next.
    const safe = Math.max(0, chunk.length - delimiter.length + 1);
    if (safe > 0) yield chunk.subarray(0, safe);
    if (!await source.join(chunk.subarray(safe))) throw broken("it must end with its boundary");
  }
  if (!startsWith(await source.take(2), DASHES)) {
    throw broken("it must hold one file and nothing else");
  }
}

/** Chunks with bytes put back in front. */
class Lookahead {
  readonly #chunks: Chunks;
  #front: Uint8Array = new Uint8Array();

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  unshift(bytes: Uint8Array): void {
    this.#front = concat(bytes, this.#front);
  }

  /** The next bytes, however many; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const front = this.#front;
    this.#front = new Uint8Array();
    if (front.length > 0) return front;
    const { done, value } = await this.#chunks.next();
    return done ? undefined : value;
  }

  /** Puts bytes back in front of what comes next from the source; false where nothing comes. */
  async join(bytes: Uint8Array): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    this.#front = done ? bytes : concat(bytes, value);
    return !done;
  }

  /** Exactly `count` bytes, or fewer at the end. */
  async take(count: number): Promise<Uint8Array> {
    while (this.#front.length < count) if (!await this.join(this.#front)) break;
    const taken = this.#front.subarray(0, count);
    this.#front = this.#front.subarray(count);
    return taken;
  }

  /** The bytes before `mark`, which is taken too; throws where it does not come within `maxBytes`. */
  async takeUntil(mark: Uint8Array, maxBytes: number): Promise<Uint8Array> {
    for (;;) {
      const at = indexOf(this.#front, mark);
      if (at >= 0 && at <= maxBytes) {
        const taken = this.#front.subarray(0, at);
        this.#front = this.#front.subarray(at + mark.length);
        return taken;
      }
      if (at > maxBytes || this.#front.length > maxBytes) {
        throw broken("a part's headers are too long");
      }
      if (!await this.join(this.#front)) throw broken("it must end with its boundary");
    }
  }
}

function indexOf(bytes: Uint8Array, mark: Uint8Array): number {
  const first = mark[0] ?? 0;
  let at = bytes.indexOf(first);
  while (at >= 0 && !startsWith(bytes, mark, at)) {
    // A neighbour is looked at here: ten million calls, one for each, are what a hostile body would cost.
    at = bytes[at + 1] === first ? at + 1 : bytes.indexOf(first, at + 1);
  }
  return at;
}

function startsWith(bytes: Uint8Array, prefix: ArrayLike<number>, from = 0): boolean {
  if (bytes.length - from < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) if (bytes[from + at] !== prefix[at]) return false;
  return true;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function broken(what: string): AppError {
  return new AppError("invalid_request", `Cannot read multipart form as ${what}`);
}

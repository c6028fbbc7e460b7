import { AppError } from "@tintype/core/errors";
import { ByteReader } from "@tintype/gcs/byte_reader";

/** Bytes as they come. */
type Chunks = AsyncGenerator<Uint8Array, void, void>;

/** The one file of a form. */
export interface MultipartFile {
  /** As the form declares it; empty where it does not. */
  readonly contentType: string;
  /** Ends by throwing `invalid_request` where the form is broken or holds more than the file. */
  readonly chunks: Chunks;
}

const MAX_HEADER_BYTES = 4_096;
const encoder = new TextEncoder();

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
  const reader = new ByteReader(chunks);
  const delimiter = encoder.encode(`\r\n--${boundary}`);
  reader.unshift(encoder.encode("\r\n")); // the first delimiter has no line before it
  await take(reader, delimiter, "it must begin with its boundary");
  await take(reader, encoder.encode("\r\n"), "it must hold a file");
  const headers = await readHeaders(reader);
  if (!/;\s*filename\*?=/i.test(headers.get("content-disposition") ?? "")) {
    throw broken("its one part must be a file (with a file name)");
  }
  return {
    contentType: headers.get("content-type") ?? "",
    chunks: readFile(reader, delimiter),
  };
}

async function take(reader: ByteReader, mark: Uint8Array, rule: string): Promise<void> {
  if (await reader.takeUntil(mark, 0) === undefined) throw broken(rule);
}

async function readHeaders(reader: ByteReader): Promise<Map<string, string>> {
  const block = await reader.takeUntil(encoder.encode("\r\n\r\n"), MAX_HEADER_BYTES);
  if (block === undefined) throw broken(`a part's headers must end in ${MAX_HEADER_BYTES} bytes`);
  const headers = new Map<string, string>();
  for (const line of new TextDecoder().decode(block).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 1) throw broken("a part's header must be name: value");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

async function* readFile(reader: ByteReader, delimiter: Uint8Array): Chunks {
  if (!(yield* reader.streamUntil(delimiter))) throw broken("it must end with its boundary");
  await take(reader, encoder.encode("--"), "it must hold one file and nothing else");
}

function broken(what: string): AppError {
  return new AppError("invalid_request", `Cannot read multipart form as ${what}`);
}

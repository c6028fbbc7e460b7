import { AppError } from "@tintype/core/errors";
import { ByteReader } from "@tintype/gcs/byte_reader";

/** Bytes as they come. */
type Chunks = AsyncGenerator<Uint8Array, void, void>;

/** The one file of a form. */
interface MultipartFile {
  /** As the form declares it; empty where it does not. */
  readonly contentType: string;
  /** Ends by throwing `invalid_request` where the form is broken or holds more than the file. */
  readonly chunks: Chunks;
}

/** Of a part's headers, of the preamble, and of the padding after a boundary, in bytes. */
const MAX_HEADER_BYTES = 4_096;
/** One parameter of a header (RFC 9110, section 5.6.6): its name, and its value quoted or bare. */
const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))[ \t]*/y;
/** RFC 2046, section 5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/;
const PLAIN_ENCODINGS: readonly (string | undefined)[] = [undefined, "7bit", "8bit", "binary"];
const CRLF = new TextEncoder().encode("\r\n");
const CLOSE = "--";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The boundary of a `multipart/form-data` type (RFC 7578, RFC 2046); throws `unsupported_type` or `invalid_request`. */
export function boundaryOf(contentType: string): string {
  if (!/^multipart\/form-data[ \t]*(;|$)/i.test(contentType)) {
    throw new AppError("unsupported_type", "Cannot take a multipart body but multipart/form-data");
  }
  const boundary = parametersOf(contentType).get("boundary") ?? "";
  if (BOUNDARY.test(boundary)) return boundary;
  throw broken("its Content-Type must name a boundary of 1 to 70 characters");
}

/**
 * Reads up to the bytes of a form's only file; a preamble, padding after boundaries and an epilogue are passed over.
 * Nothing more than a delimiter is held of the file. Throws `invalid_request`.
 */
export async function readOnlyFile(chunks: Chunks, boundary: string): Promise<MultipartFile> {
  const reader = new ByteReader(chunks);
  const delimiter = encoder.encode(`\r\n--${boundary}`);
  reader.unshift(CRLF); // the first delimiter has no line before it
  if (await reader.takeUntil(delimiter, MAX_HEADER_BYTES) === undefined) {
    throw broken(`its boundary must stand within ${MAX_HEADER_BYTES} bytes`);
  }
  if (await restOfLine(reader) !== "") throw broken("it must hold a file");
  reader.unshift(CRLF); // a part without headers begins with an empty line
  const headers = await readHeaders(reader);
  const names = parametersOf(headers.get("content-disposition") ?? "");
  if (!names.has("filename") && !names.has("filename*")) {
    throw broken("its one part must be a file (with a file name)");
  }
  if (!PLAIN_ENCODINGS.includes(headers.get("content-transfer-encoding")?.toLowerCase())) {
    throw broken("its file must be sent as it is, without Content-Transfer-Encoding");
  }
  return {
    contentType: headers.get("content-type") ?? "",
    chunks: readFile(reader, delimiter),
  };
}

/** What follows a boundary on its line, without padding; nothing where the line, and so the headers, do not end. */
async function restOfLine(reader: ByteReader): Promise<string> {
  const line = await reader.takeUntil(CRLF, MAX_HEADER_BYTES);
  return decoder.decode(line).replace(/[ \t]+$/, "");
}

async function readHeaders(reader: ByteReader): Promise<Map<string, string>> {
  const block = await reader.takeUntil(encoder.encode("\r\n\r\n"), MAX_HEADER_BYTES);
  if (block === undefined) throw broken(`a part's headers must end in ${MAX_HEADER_BYTES} bytes`);
  // A line that begins with a space continues the one before (RFC 5322, section 2.2.3).
  const lines = decoder.decode(block).replace(/\r\n[ \t]+/g, " ").split("\r\n").slice(1);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw broken("a part's header must be name: value");
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

async function* readFile(reader: ByteReader, delimiter: Uint8Array): Chunks {
  if (!(yield* reader.streamUntil(delimiter))) throw broken("it must end with its boundary");
  const close = await reader.takeUntil(encoder.encode(CLOSE), 0);
  if (close === undefined) throw broken("it must hold one file and nothing else");
}

/** The parameters of a header's value by their names in lower case; the first of a name counts. */
function parametersOf(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = value.includes(";") ? value.indexOf(";") : value.length;
  for (let found = PARAMETER.exec(value); found !== null; found = PARAMETER.exec(value)) {
    const [, name = "", quoted, bare = ""] = found;
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, "$1") ?? bare);
  }
  return parameters;
}

function broken(what: string): AppError {
  return new AppError("invalid_request", `Cannot read multipart form as ${what}`);
}

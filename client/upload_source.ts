import { UploadError } from "./problem.ts";

/**
 * A file that is read in parts, any of them more than once; for platforms whose files are no `Blob`, or whose `Blob`
 * cannot be read.
 */
export interface UploadSource {
  /** Bytes. */
  readonly size: number;
  /** Media type; empty where it is not known. */
  readonly type: string;
  /** The bytes from `start` up to `end`; fewer than asked for mean that the file has changed. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A source as the upload uses it: parts to read, and parts to hand to `fetch`, which streams those of a `Blob`. */
export interface FileParts extends UploadSource {
  part(start: number, end: number): Promise<Blob | Uint8Array<ArrayBuffer>>;
}

/** Looks at a file as parts. What it reads is as long as was asked for, or UploadError of code `unreadable` is thrown. */
export function partsOf(file: Blob | UploadSource): FileParts {
  const { size, type } = file;
  const read = async (start: number, end: number) => {
    const bytes = "read" in file
      ? await file.read(start, end).catch(throwUnreadable)
      : new Uint8Array(await file.slice(start, end).arrayBuffer().catch(throwUnreadable));
    if (bytes.length === end - start) return bytes;
    throw unreadable(`it has ${start + bytes.length} bytes, not ${size}`);
  };
  const part = async (start: number, end: number) =>
    "read" in file ? await read(start, end) : file.slice(start, end);
  return { size, type, read, part };
}

function throwUnreadable(cause: unknown): never {
  throw unreadable(cause instanceof Error ? cause.message : String(cause), cause);
}

function unreadable(why: string, cause?: unknown): UploadError {
  const detail = `cannot read file: ${why}`;
  return new UploadError({ status: 0, code: "unreadable", detail }, { cause });
}

import { Readable } from "node:stream";
import { parseByteRange } from "@tintype/gcs/byte_range";
import type { BlobFiles } from "./blob_files.ts";
import { type Call, headerOf, type Reply } from "./call.ts";
import { StorageFailure } from "./failures.ts";
import type { ObjectRecord } from "./object_record.ts";
import { objectHeaders } from "./object_resource.ts";

/** Answers with an object's bytes, or those that `Range` asks for (RFC 9110, section 14); throws `range_not_satisfiable`. */
export async function readMedia(
  blobs: BlobFiles,
  object: ObjectRecord,
  call: Call,
): Promise<Reply> {
  const { size, blob } = object;
  const range = parseByteRange(headerOf(call, "range"), size);
  if (range === "unsatisfiable") throw new StorageFailure("range_not_satisfiable");
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const headers = {
    ...objectHeaders(object),
    ...(range === null ? {} : { "Content-Range": `bytes ${start}-${end}/${size}` }),
    "Content-Length": end - start + 1,
  };
  const status = range === null ? 200 : 206;
  if (call.method === "HEAD") return { status, headers };
  if (blob === null) return { status, headers, body: Readable.from([]) };
  const body = await blobs.read(blob, { start, end }).catch((error: NodeJS.ErrnoException) => {
    // Deleted between the look at its row and the look at its file.
    throw error.code === "ENOENT" ? new StorageFailure("no_such_object") : error;
  });
  return { status, headers, body };
}

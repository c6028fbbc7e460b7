import { parseHashHeader } from "@tintype/gcs/hash_header";
import { type Call, contentLengthOf, headerOf, type Reply } from "./call.ts";
import { checkDeclared } from "./content_hasher.ts";
import { StorageFailure } from "./failures.ts";
import type { LocalObjects, ObjectTarget, StoredBytes } from "./local_objects.ts";
import { attributesOfHeaders } from "./object_attributes.ts";
import { versionHeaders } from "./object_resource.ts";
import type { Preconditions } from "./preconditions.ts";
import { Sha256Check } from "./sha256_check.ts";

/** Which object, and under which conditions. */
export interface PutTarget extends Pick<ObjectTarget, "bucket" | "name"> {
  readonly preconditions: Preconditions;
  /** The body's SHA-256 in hex, where one was signed. */
  readonly contentSha256: string | undefined;
  /** Who signed. */
  readonly identity: string | undefined;
}

/** Answers a `PUT` of a whole object (cloud.google.com/storage/docs/xml-api/put-object-upload). */
export async function putObject(
  objects: LocalObjects,
  call: Call,
  target: PutTarget,
): Promise<Reply> {
  const { contentSha256, ...where } = target;
  const length = contentLengthOf(call);
  if (length === undefined && headerOf(call, "transfer-encoding") === undefined) {
    throw new StorageFailure("length_required");
  }
  const { min, max } = parseLengthRange(headerOf(call, "x-goog-content-length-range"));
  if (length !== undefined && length > max) throw new StorageFailure("too_large");
  if (length !== undefined && length < min) throw new StorageFailure("too_small");
  const sha256 = new Sha256Check(contentSha256);
  const bytes = await objects.receive(sha256.watch(call.body), max);
  const check = () => {
    if (bytes.size < min) throw new StorageFailure("too_small");
    checkHeaders(call, bytes);
    sha256.check();
  };
  try {
    check();
  } catch (error) {
    await objects.discard(bytes);
    throw error;
  }
  const attributes = attributesOfHeaders(call);
  const object = await objects.commitReceived({ ...where, attributes, bytes });
  return { status: 200, headers: { ...versionHeaders(object), "Content-Length": 0 } };
}

/** Both numbers of `x-goog-content-length-range: 0,1000`, in bytes; throws `bad_request` where it is of another form. */
export function parseLengthRange(header: string | undefined): { min: number; max: number } {
  if (header === undefined) return { min: 0, max: Infinity };
  const [, min, max] = /^\s*(\d{1,15})\s*,\s*(\d{1,15})\s*$/.exec(header) ?? [];
  if (min === undefined || max === undefined || Number(min) > Number(max)) {
    throw new StorageFailure("bad_request", "Invalid x-goog-content-length-range.");
  }
  return { min: Number(min), max: Number(max) };
}

function checkHeaders(call: Call, bytes: StoredBytes): void {
  const md5Hash = headerOf(call, "content-md5");
  checkDeclared(parseHashHeader(headerOf(call, "x-goog-hash")), bytes);
  checkDeclared({ md5Hash }, bytes);
}

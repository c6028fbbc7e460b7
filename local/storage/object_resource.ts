import { parseByteRange } from "@tintype/gcs/byte_range";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type Call, headerOf, type Reply } from "../http/call.ts";
import type { BlobFiles } from "./blob_files.ts";
import { StorageFailure } from "./failures.ts";
import {
  ATTRIBUTE_HEADERS,
  type BucketRecord,
  type ObjectRecord,
  pickAttributes,
} from "./object_record.ts";

/** Fields of the JSON API's object resource, those included that no object has here. */
export const OBJECT_FIELDS =
  "kind,id,selfLink,mediaLink,name,bucket,generation,metageneration,contentType,contentEncoding,contentDisposition," +
  "contentLanguage,cacheControl,customTime,metadata,storageClass,size,md5Hash,crc32c,etag,timeCreated,updated," +
  "timeFinalized,timeStorageClassUpdated,timeDeleted,softDeleteTime,hardDeleteTime,acl,owner,componentCount," +
  "customerEncryption,kmsKeyName,temporaryHold,eventBasedHold,retentionExpirationTime,retention,contexts";

/** Fields of the JSON API's bucket resource, those included that no bucket has here. */
export const BUCKET_FIELDS =
  "kind,id,selfLink,name,projectNumber,location,locationType,storageClass,metageneration,etag,timeCreated,updated," +
  "lifecycle,cors,softDeletePolicy,versioning,iamConfiguration,acl,defaultObjectAcl,autoclass,billing,customPlacementConfig," +
  "defaultEventBasedHold,encryption,hierarchicalNamespace,ipFilter,labels,logging,objectRetention,owner,retentionPolicy,rpo,website";

/** The JSON API's object resource (cloud.google.com/storage/docs/json_api/v1/objects#resource); int64 as strings. */
export function objectResource(object: ObjectRecord, baseUrl: string): Record<string, unknown> {
  const { bucket, name, blob: _, createdMs, updatedMs, ...rest } = object;
  const path = `storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  const timeCreated = new Date(createdMs).toISOString();
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${object.generation}`,
    selfLink: `${baseUrl}/${path}`,
    mediaLink: `${baseUrl}/download/${path}?generation=${object.generation}&alt=media`,
    name,
    bucket,
    ...rest,
    generation: String(object.generation),
    metageneration: String(object.metageneration),
    size: String(object.size),
    storageClass: "STANDARD",
    etag: jsonEtag(object),
    timeCreated,
    updated: new Date(updatedMs).toISOString(),
    timeStorageClassUpdated: timeCreated,
    timeFinalized: timeCreated,
  };
}

/** The JSON API's bucket resource. */
export function bucketResource(bucket: BucketRecord, baseUrl: string): Record<string, unknown> {
  const { name, createdMs, updatedMs, metageneration, lifecycle, cors } = bucket;
  const { softDeleteSeconds = 0, versioning = false } = bucket;
  return {
    kind: "storage#bucket",
    id: name,
    name,
    selfLink: `${baseUrl}/storage/v1/b/${name}`,
    projectNumber: "0",
    location: "LOCAL",
    locationType: "region",
    storageClass: "STANDARD",
    metageneration: String(metageneration),
    etag: Buffer.from(String(metageneration)).toString("base64"),
    timeCreated: new Date(createdMs).toISOString(),
    updated: new Date(updatedMs).toISOString(),
    lifecycle: { rule: lifecycle },
    cors,
    softDeletePolicy: { retentionDurationSeconds: String(softDeleteSeconds) },
    versioning: { enabled: versioning },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true } },
  };
}

/** The headers with which either API answers for an object. */
function objectHeaders(object: ObjectRecord): Record<string, string | number> {
  const attributes = pickAttributes((name) => object[name]);
  return {
    "Content-Type": "application/octet-stream",
    "Cache-Control": "private, max-age=0",
    ...renamed(attributes, (name) => ATTRIBUTE_HEADERS[name]),
    "Last-Modified": new Date(object.updatedMs).toUTCString(),
    "Accept-Ranges": "bytes",
    ...versionHeaders(object),
    ...renamed(object.metadata ?? {}, (name) => `x-goog-meta-${name}`),
  };
}

function renamed<Name extends string>(
  texts: Readonly<Partial<Record<Name, string>>>,
  nameOf: (name: Name) => string,
): Record<string, string> {
  const pairs = Object.entries(texts) as [Name, string][]; // keys of the record
  return Object.fromEntries(pairs.map(([name, text]) => [nameOf(name), text]));
}

/** The headers that say which bytes an object holds; the answer to an XML `PUT`. */
export function versionHeaders(object: ObjectRecord): Record<string, string> {
  return {
    ETag: xmlEtag(object),
    "x-goog-generation": String(object.generation),
    "x-goog-metageneration": String(object.metageneration),
    "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    "x-goog-stored-content-length": String(object.size),
    "x-goog-stored-content-encoding": object.contentEncoding ?? "identity",
    "x-goog-storage-class": "STANDARD",
  };
}

/** The JSON API's etag of one state of an object. */
export function jsonEtag({ generation, metageneration }: ObjectRecord): string {
  return Buffer.from(`${generation}/${metageneration}`).toString("base64");
}

/** The XML API's ETag: the MD5 in hex, in quotes. */
export function xmlEtag({ md5Hash }: ObjectRecord): string {
  return `"${Buffer.from(md5Hash, "base64").toString("hex")}"`;
}

/**
 * Responds with an object's bytes, or those that `Range` asks for (RFC 9110, section 14); throws `range_not_satisfiable`.
 * Gzip is unpacked for whoever does not accept it (cloud.google.com/storage/docs/transcoding): as a whole, whatever the range.
 */
export async function readMedia(
  blobs: BlobFiles,
  object: ObjectRecord,
  call: Call,
): Promise<Reply> {
  const { size, blob } = object;
  const unpacks = isUnpacked(object, call);
  const range = unpacks ? null : parseByteRange(headerOf(call, "range"), size);
  if (range === "unsatisfiable") throw new StorageFailure("range_not_satisfiable");
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const { "Content-Encoding": _, ...plain } = objectHeaders(object);
  const span = range === null ? {} : { "Content-Range": `bytes ${start}-${end}/${size}` };
  const headers = unpacks
    ? { ...plain, Warning: "214 UploadServer gunzipped" }
    : { ...objectHeaders(object), ...span, "Content-Length": end - start + 1 };
  const status = range === null ? 200 : 206;
  if (call.method === "HEAD") return { status, headers };
  if (blob === null) return { status, headers, body: Readable.from([]) };
  const body = await blobs.read(blob, start, end).catch((error: NodeJS.ErrnoException) => {
    // Deleted between the look at its row and the look at its file.
    throw error.code === "ENOENT" ? new StorageFailure("no_such_object") : error;
  });
  if (!unpacks) return { status, headers, body };
  const unpacked = createGunzip();
  body.on("error", (error) => unpacked.destroy(error)).pipe(unpacked);
  return { status, headers, body: unpacked };
}

function isUnpacked({ contentEncoding, cacheControl = "" }: ObjectRecord, call: Call): boolean {
  const accepts = /\bgzip\b/.test(headerOf(call, "accept-encoding") ?? "");
  return contentEncoding === "gzip" && !accepts && !/\bno-transform\b/.test(cacheControl);
}

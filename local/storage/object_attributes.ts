import * as z from "zod";
import { type Call, headerOf } from "../http/call.ts";
import { only, parseDeclared, parseJson } from "../http/declared_body.ts";
import { StorageFailure } from "./failures.ts";
import {
  ATTRIBUTE_HEADERS,
  type AttributeName,
  type ObjectAttributes,
  pickAttributes,
} from "./object_record.ts";

const META_PREFIX = "x-goog-meta-";

const text = z.string().nullish();

const ignored = z.unknown().optional();

/** The object resource in a JSON request; null takes an attribute away, fields that only Cloud Storage writes are ignored. */
export const resourceSchema = z.strictObject({
  name: z.string().optional(),
  contentType: text,
  contentEncoding: text,
  contentDisposition: text,
  contentLanguage: text,
  cacheControl: text,
  customTime: text,
  metadata: z.record(z.string(), z.string().nullable()).nullish(),
  crc32c: z.string().optional(),
  md5Hash: z.string().optional(),
  storageClass: only("STANDARD"),
  kind: ignored,
  id: ignored,
  selfLink: ignored,
  mediaLink: ignored,
  bucket: ignored,
  generation: ignored,
  metageneration: ignored,
  size: ignored,
  etag: ignored,
  timeCreated: ignored,
  updated: ignored,
  timeFinalized: ignored,
  timeStorageClassUpdated: ignored,
});

/** What a JSON request says of an object. */
export type ResourceBody = z.infer<typeof resourceSchema>;

/** Reads an object resource from a JSON text, an empty one as `{}`; throws Refusal. */
export function parseResourceBody(json: string): ResourceBody {
  return parseDeclared(resourceSchema, parseJson(json, false));
}

/** The attributes `before` as a JSON request changes them: what it does not name stays. */
export function mergeAttributes(before: ObjectAttributes, body: ResourceBody): ObjectAttributes {
  return attributesOf(
    (name) => body[name] === undefined ? before[name] : body[name] ?? undefined,
    mergeMetadata(before.metadata, body.metadata),
  );
}

/** The attributes that the headers of an XML request say. */
export function attributesOfHeaders(call: Pick<Call, "headers">): ObjectAttributes {
  const read = (name: AttributeName) => headerOf(call, ATTRIBUTE_HEADERS[name].toLowerCase());
  return attributesOf(read, metadataOfHeaders(call));
}

function attributesOf(
  read: (name: AttributeName) => string | undefined,
  metadata: ObjectAttributes["metadata"],
): ObjectAttributes {
  const { customTime, ...attributes } = pickAttributes(read);
  if (customTime === undefined) return { ...attributes, metadata };
  return { ...attributes, customTime: parseCustomTime(customTime), metadata };
}

/** The custom metadata in `x-goog-meta-…` headers; undefined where there is none. */
export function metadataOfHeaders(
  call: Pick<Call, "headers">,
): Record<string, string> | undefined {
  const names = Object.keys(call.headers).filter((name) => name.startsWith(META_PREFIX));
  if (names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => [name.slice(META_PREFIX.length), headerOf(call, name) ?? ""]),
  );
}

function mergeMetadata(
  before: ObjectAttributes["metadata"],
  change: ResourceBody["metadata"],
): ObjectAttributes["metadata"] {
  if (change === undefined) return before;
  if (change === null) return undefined;
  const merged = Object.entries({ ...before, ...change })
    .filter((entry): entry is [string, string] => entry[1] !== null);
  return merged.length === 0 ? undefined : Object.fromEntries(merged);
}

function parseCustomTime(value: string): string {
  const ms = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(ms)) throw new StorageFailure("bad_request", "Invalid custom time.");
  return new Date(ms).toISOString();
}

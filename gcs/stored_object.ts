import { parseHashHeader } from "./hash_header.ts";
import type { StorageResponse } from "./transport.ts";

/** The version of an object: int64 in decimal. */
export type Generation = string;

/** What Cloud Storage says of an object. */
export interface StoredObject {
  readonly name: string;
  readonly generation: Generation;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string | undefined;
  /** Milliseconds since the epoch. */
  readonly customTimeMs: number | undefined;
  /** When it was complete, in milliseconds since the epoch. */
  readonly createdMs: number;
  /** Big-endian base64. */
  readonly crc32c: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is written beside the bytes. */
export interface WriteFields {
  readonly contentType: string;
  /** Milliseconds since the epoch. */
  readonly customTimeMs: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How an object is written. */
export interface WriteOptions extends WriteFields {
  /** The bytes' own in big-endian base64, which Cloud Storage then compares before it commits. */
  readonly crc32c?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The part of the JSON API's object resource that is read here; int64 as texts. */
export interface ObjectResource {
  readonly name?: string;
  readonly generation?: string;
  readonly size?: string;
  readonly contentType?: string;
  readonly customTime?: string;
  readonly timeCreated?: string;
  readonly crc32c?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The fields of {@link ObjectResource}, as the query parameter `fields` names them. */
export const RESOURCE_FIELDS =
  "name,generation,size,contentType,customTime,timeCreated,crc32c,metadata";

/** What a resource of the JSON API says. */
export function objectOfResource(resource: ObjectResource): StoredObject {
  const { name = "", generation = "0", size, contentType, crc32c, metadata = {} } = resource;
  return {
    name,
    generation,
    size: Number(size),
    contentType,
    customTimeMs: timeOf(resource.customTime),
    createdMs: timeOf(resource.timeCreated) ?? NaN,
    crc32c,
    metadata,
  };
}

/** The resource that a write to the JSON API sends. */
export function resourceOf(name: string, { customTimeMs, metadata = {}, ...rest }: WriteOptions) {
  const { contentType, crc32c } = rest;
  const customTime = new Date(customTimeMs).toISOString();
  return { name, contentType, customTime, metadata, ...(crc32c === undefined ? {} : { crc32c }) };
}

/** What the headers of the XML API say of an object. */
export function objectOfHeaders(name: string, headers: StorageResponse["headers"]): StoredObject {
  const metadata = [...headers].filter(([key]) => key.startsWith("x-goog-meta-"));
  return {
    name,
    generation: headers.get("x-goog-generation") ?? "0",
    size: Number(headers.get("x-goog-stored-content-length") ?? headers.get("content-length")),
    contentType: headers.get("content-type") ?? undefined,
    customTimeMs: timeOf(headers.get("x-goog-custom-time")),
    createdMs: timeOf(headers.get("last-modified")) ?? NaN,
    crc32c: parseHashHeader(headers.get("x-goog-hash")).crc32c,
    metadata: Object.fromEntries(metadata.map(([key, value]) => [key.slice(12), value])),
  };
}

/** The headers of a create-only write to the XML API. */
export function createHeaders(write: WriteFields): Record<string, string> {
  const { contentType, customTimeMs, metadata = {} } = write;
  const custom = Object.entries(metadata).map(([name, value]) => [`x-goog-meta-${name}`, value]);
  return {
    "content-type": contentType,
    "x-goog-custom-time": new Date(customTimeMs).toISOString(),
    "x-goog-if-generation-match": "0",
    ...Object.fromEntries(custom),
  };
}

function timeOf(text: string | null | undefined): number | undefined {
  const timeMs = Date.parse(text ?? "");
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

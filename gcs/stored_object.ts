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

/** How an object is written. */
export interface WriteOptions {
  readonly contentType: string;
  /** Milliseconds since the epoch. */
  readonly customTimeMs: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the object is served with. */
  readonly cacheControl?: string | undefined;
  /** The bytes' own in big-endian base64, which the JSON API then compares before it commits. */
  readonly crc32c?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The JSON API's object resource, as far as it is read here; int64 as texts. */
export interface ObjectResource {
  readonly name: string;
  readonly generation: string;
  readonly size: string;
  readonly contentType?: string;
  readonly customTime?: string;
  readonly timeCreated: string;
  readonly crc32c?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The fields of {@link ObjectResource}, as the query parameter `fields` names them. */
export const RESOURCE_FIELDS =
  "name,generation,size,contentType,customTime,timeCreated,crc32c,metadata";

/** Those of them that a listing of names asks for. */
export const NAME_FIELDS = "name,generation,size";

/** What a resource of the JSON API says. */
export function objectOfResource(resource: ObjectResource): StoredObject {
  const { name, generation, size, contentType, customTime, timeCreated, crc32c, metadata } =
    resource;
  return {
    ...{ name, generation, contentType, crc32c },
    size: Number(size),
    customTimeMs: timeOf(customTime),
    createdMs: Date.parse(timeCreated),
    metadata: metadata ?? {},
  };
}

/** The resource that a write to the JSON API sends. */
export function resourceOf(name: string, options: WriteOptions) {
  const { customTimeMs, contentType, cacheControl, metadata, crc32c } = options;
  const customTime = new Date(customTimeMs).toISOString();
  return { name, contentType, cacheControl, customTime, metadata, crc32c };
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
    createdMs: Date.parse(headers.get("last-modified") ?? ""),
    crc32c: parseHashHeader(headers.get("x-goog-hash")).crc32c,
    metadata: Object.fromEntries(metadata.map(([key, value]) => [key.slice(12), value])),
  };
}

/** The headers of a create-only write to the XML API. */
export function createHeaders(options: WriteOptions): Record<string, string> {
  const { contentType, cacheControl, customTimeMs, metadata = {} } = options;
  const custom = Object.entries(metadata).map(([name, value]) => [`x-goog-meta-${name}`, value]);
  return {
    "content-type": contentType,
    ...(cacheControl === undefined ? {} : { "cache-control": cacheControl }),
    "x-goog-custom-time": new Date(customTimeMs).toISOString(),
    "x-goog-if-generation-match": "0",
    ...Object.fromEntries(custom),
  };
}

function timeOf(text: string | null | undefined): number | undefined {
  return text ? Date.parse(text) : undefined;
}

import type { BlobId } from "./blob_files.ts";
import { StorageFailure } from "./failures.ts";

/** Attributes by the JSON API's names, and their headers; `customTime` is RFC 3339 with milliseconds. */
export const ATTRIBUTE_HEADERS = {
  contentType: "Content-Type",
  contentEncoding: "Content-Encoding",
  contentDisposition: "Content-Disposition",
  contentLanguage: "Content-Language",
  cacheControl: "Cache-Control",
  customTime: "x-goog-custom-time",
} as const;

/** The name of an attribute that is one text. */
export type AttributeName = keyof typeof ATTRIBUTE_HEADERS;

/** What a writer may say of an object beside its bytes. */
export interface ObjectAttributes
  extends Readonly<Partial<Record<AttributeName, string | undefined>>> {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** The attributes for which `read` has a text. */
export function pickAttributes(read: (name: AttributeName) => string | undefined) {
  const names = Object.keys(ATTRIBUTE_HEADERS) as AttributeName[]; // its only keys
  const pairs = names.map((name) => [name, read(name)] as const);
  const given = Object.fromEntries(pairs.filter(([, text]) => text !== undefined));
  return given as Partial<Record<AttributeName, string>>; // without those that are undefined
}

/** A live object as it is kept. */
export interface ObjectRecord extends ObjectAttributes {
  readonly bucket: string;
  readonly name: string;
  /** Microseconds since the epoch, ever growing. */
  readonly generation: number;
  readonly metageneration: number;
  /** Bytes. */
  readonly size: number;
  /** Null where there are no bytes. */
  readonly blob: BlobId | null;
  readonly crc32c: string;
  readonly md5Hash: string;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** One lifecycle rule (cloud.google.com/storage/docs/lifecycle); conditions that are not listed here match nothing. */
export interface LifecycleRule {
  readonly action: { readonly type: string };
  readonly condition: {
    readonly age?: number | undefined;
    readonly daysSinceCustomTime?: number | undefined;
  };
}

/** One CORS rule (cloud.google.com/storage/docs/cross-origin). */
export interface CorsRule {
  readonly origin: readonly string[];
  readonly method: readonly string[];
  readonly responseHeader: readonly string[];
  readonly maxAgeSeconds: number;
}

/** A bucket as it is kept. */
export interface BucketRecord {
  readonly name: string;
  readonly metageneration: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly lifecycle: readonly LifecycleRule[];
  readonly cors: readonly CorsRule[];
  /** What its resource reports; nothing here keeps deleted or older objects. */
  readonly softDeleteSeconds?: number | undefined;
  readonly versioning?: boolean | undefined;
}

/** A new bucket. */
export function makeBucket(
  name: string,
  nowMs: number,
  settings: Pick<BucketRecord, "lifecycle" | "cors">,
): BucketRecord {
  return { name, metageneration: 1, createdMs: nowMs, updatedMs: nowMs, ...settings };
}

/** Throws `bad_request` for a name that Cloud Storage does not take (cloud.google.com/storage/docs/objects#naming). */
export function checkObjectName(name: string): void {
  const bytes = Buffer.byteLength(name);
  const bad = bytes < 1 || bytes > 1024 || name === "." || name === ".." || /[\r\n\0]/.test(name);
  if (bad || name.startsWith(".well-known/acme-challenge/")) {
    throw new StorageFailure("bad_request", "Invalid object name.");
  }
}

/** Throws `bad_request` for a bucket name that Cloud Storage does not take. */
export function checkBucketName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(name)) {
    throw new StorageFailure("bad_request", `Invalid bucket name: '${name}'`);
  }
}

import { type ImageId, isImageId, t0OfImageId } from "./image_id.ts";
import { isOwner, type Owner } from "./owner.ts";
import { isTenant, type Tenant } from "./tenant.ts";

declare const brand: unique symbol;

/** The name of an object in one of our buckets. */
export type ObjectName = string & { readonly [brand]: "ObjectName" };

/** Whose image, and which: all that a name says. */
export interface ImageRef {
  readonly tenant: Tenant;
  readonly owner: Owner;
  readonly imageId: ImageId;
}

/** What a name stands for. */
export type NamedObject =
  | { readonly kind: "raw"; readonly ref: ImageRef }
  | { readonly kind: "marker"; readonly ref: ImageRef }
  | { readonly kind: "manifest"; readonly ref: ImageRef }
  | { readonly kind: "rendition"; readonly ref: ImageRef; readonly file: string }
  | { readonly kind: "receipt"; readonly ref: ImageRef };

/** A rendition's name, the mark of a replay, an extension. */
const RENDITION_FILE = /^[a-z0-9][a-z0-9_-]{0,31}(\.[0-9a-z]{1,16})?\.[a-z0-9]{2,5}$/;
const MANIFEST_FILE = "manifest.json";
const MARKER_ROOT = "erase";
const RECEIPT_ROOT = "erased";

/** The UTC day of a time, `yyyy-mm-dd`: the first folder of every name. */
export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** `{yyyy-mm-dd of T0}/{tenant}/{owner}/{imageId}` in the raw bucket. */
export function rawName(ref: ImageRef): ObjectName {
  return name(path(ref));
}

/** `{yyyy-mm-dd}/{tenant}/{owner}/{imageId}/` in the processed bucket: every processed object starts so. */
export function processedPrefix(ref: ImageRef): string {
  return `${path(ref)}/`;
}

/**
 * `{yyyy-mm-dd}/{tenant}/{owner}/{imageId}/{rendition}.{ext}` in the processed bucket. A replay's `rendition` is
 * `{rendition}.{mark}`, so that it lies beside the one that the manifest pins until then.
 */
export function renditionName(ref: ImageRef, rendition: string, extension: string): ObjectName {
  const file = `${rendition}.${extension}`;
  if (!RENDITION_FILE.test(file)) {
    throw new RangeError(`Cannot name rendition ${JSON.stringify(file)}`);
  }
  return name(processedPrefix(ref) + file);
}

/** `{yyyy-mm-dd}/{tenant}/{owner}/{imageId}/manifest.json` in the processed bucket: the commit point. */
export function manifestName(ref: ImageRef): ObjectName {
  return name(processedPrefix(ref) + MANIFEST_FILE);
}

/** `erase/{yyyy-mm-dd}/{tenant}/{owner}/{imageId}` in the raw bucket: the owner's wish. */
export function markerName(ref: ImageRef): ObjectName {
  return name(`${MARKER_ROOT}/${path(ref)}`);
}

/** `erased/{yyyy-mm-dd}/{tenant}/{owner}/{imageId}` in the processed bucket: the wish fulfilled. */
export function receiptName(ref: ImageRef): ObjectName {
  return name(`${RECEIPT_ROOT}/${path(ref)}`);
}

/** The folder of one owner's objects of one day, in the raw and in the processed bucket. */
export function ownerPrefix(day: string, tenant: Tenant, owner: Owner): string {
  return `${day}/${tenant}/${owner}/`;
}

/** The folder of one owner's markers of one day, in the raw bucket. */
export function ownerMarkerPrefix(day: string, tenant: Tenant, owner: Owner): string {
  return `${MARKER_ROOT}/${ownerPrefix(day, tenant, owner)}`;
}

/** The top-level folders that are ours beside the days. */
export const TOP_LEVEL_FOLDERS = [`${MARKER_ROOT}/`, `${RECEIPT_ROOT}/`] as const;

/**
 * Reads a name of the raw bucket: `raw`, `marker`, or null where it is not ours.
 * A name whose day is not the day of its id's T0 is not ours.
 */
export function readRawBucketName(text: string): NamedObject | null {
  const parts = text.split("/");
  if (parts[0] === MARKER_ROOT) return named("marker", parts.slice(1));
  return named("raw", parts);
}

/** Reads a name of the processed bucket: `manifest`, `rendition`, `receipt`, or null where it is not ours. */
export function readProcessedBucketName(text: string): NamedObject | null {
  const parts = text.split("/");
  if (parts[0] === RECEIPT_ROOT) return named("receipt", parts.slice(1));
  const file = parts[4];
  if (parts.length !== 5 || file === undefined) return null;
  const ref = readRef(parts.slice(0, 4));
  if (ref === null) return null;
  if (file === MANIFEST_FILE) return { kind: "manifest", ref };
  return RENDITION_FILE.test(file) ? { kind: "rendition", ref, file } : null;
}

function named(kind: "raw" | "marker" | "receipt", parts: readonly string[]): NamedObject | null {
  const ref = readRef(parts);
  return ref === null ? null : { kind, ref };
}

function readRef(parts: readonly string[]): ImageRef | null {
  const [day, tenant, owner, imageId] = parts;
  if (parts.length !== 4 || day === undefined || tenant === undefined) return null;
  if (owner === undefined || imageId === undefined) return null;
  if (!isTenant(tenant) || !isOwner(owner) || !isImageId(imageId)) return null;
  return dayOf(t0OfImageId(imageId)) === day ? { tenant, owner, imageId } : null;
}

function path({ tenant, owner, imageId }: ImageRef): string {
  return `${dayOf(t0OfImageId(imageId))}/${tenant}/${owner}/${imageId}`;
}

function name(text: string): ObjectName {
  return text as ObjectName; // the only place that makes one, from branded parts
}

import { type ImageId, isImageId, t0OfImageId } from "./image_id.ts";
import { isOwner, type Owner, OWNER_ALPHABET } from "./owner.ts";
import { rememberNewest } from "./remember_newest.ts";
import { isTenant, type Tenant } from "./tenant.ts";
import { dayOf } from "./utc_day.ts";

declare const brand: unique symbol;

/** The name of an object in one of our buckets. */
export type ObjectName = string & { readonly [brand]: "ObjectName" };

/** Whose image, and which: all that a name says. */
export interface ImageRef {
  readonly tenant: Tenant;
  readonly owner: Owner;
  readonly imageId: ImageId;
}

/** What a name of the processed bucket stands for. */
export type ProcessedObject =
  | { readonly kind: "manifest" | "receipt" | "erasing"; readonly ref: ImageRef }
  | { readonly kind: "rendition"; readonly ref: ImageRef; readonly file: string };

/** A rendition's name, the mark of a replay, an extension. */
const RENDITION_FILE = /^[a-z0-9][a-z0-9_-]{0,31}(\.[0-9a-z]{1,16})?\.[a-z0-9]{2,5}$/;
const MANIFEST_FILE = "manifest.json";

/** The shards that names begin with: one for each first character of an owner. */
export const SHARDS: readonly string[] = [...OWNER_ALPHABET];

/** The folders of the processed bucket beside the shards: receipts, and erasures whose rows are still to go. */
export const ERASURE_FOLDERS = { receipt: "erased/", erasing: "erasing/" } as const;

/** The folder of the processed bucket in which repair notes when it last published events of a shard. */
export const REPAIR_FOLDER = "repairs/";

/** `repairs/{shard}` in the processed bucket. */
export function repairNoteName(shard: string): ObjectName {
  return name(REPAIR_FOLDER + shard);
}

/** `{shard}/{yyyy-mm-dd of T0}/{tenant}/{owner}/{imageId}`: in the raw bucket, and of the request in the erasures' bucket. */
export function rawName(ref: ImageRef): ObjectName {
  const { tenant, owner, imageId } = ref;
  return name(ownerPrefix(dayOf(t0OfImageId(imageId)), tenant, owner) + imageId);
}

/** `{raw name}/` in the processed bucket: every object made of the image starts so. */
export function processedPrefix(ref: ImageRef): string {
  return `${rawName(ref)}/`;
}

/**
 * `{raw name}/{rendition}.{ext}` in the processed bucket. A replay's `rendition` is `{rendition}.{mark}`, so that it lies
 * beside the one that the manifest pins until then.
 */
export function renditionName(ref: ImageRef, rendition: string, extension: string): ObjectName {
  const file = `${rendition}.${extension}`;
  if (!RENDITION_FILE.test(file)) {
    throw new RangeError(`Cannot name rendition ${JSON.stringify(file)}`);
  }
  return name(processedPrefix(ref) + file);
}

/** `{raw name}/manifest.json` in the processed bucket: the commit point. */
export function manifestName(ref: ImageRef): ObjectName {
  return name(processedPrefix(ref) + MANIFEST_FILE);
}

/** `erased/{raw name}` in the processed bucket: the request is fulfilled. */
export function receiptName(ref: ImageRef): ObjectName {
  return name(ERASURE_FOLDERS.receipt + rawName(ref));
}

/** `erasing/{raw name}` in the processed bucket: something was found to erase, and rows may be left of it. */
export function erasingName(ref: ImageRef): ObjectName {
  return name(ERASURE_FOLDERS.erasing + rawName(ref));
}

/** `{shard}/{yyyy-mm-dd}/`: all names of a shard's day. */
export function dayPrefix(shard: string, day: string): string {
  return `${shard}/${day}/`;
}

/** The folder of one owner's objects of one day, in the raw, the erasures' and the processed bucket. */
export function ownerPrefix(day: string, tenant: Tenant, owner: Owner): string {
  return `${dayPrefix(owner.charAt(0), day)}${tenant}/${owner}/`;
}

/**
 * Reads a name of the raw or the erasures' bucket; null where it is not ours, which a name is whose shard is not its
 * owner's or whose day is not that of its id's T0.
 */
export function readRawName(text: string): ImageRef | null {
  return readRef(text);
}

/** Reads a name of the processed bucket; null where it is not ours. */
export function readProcessedName(text: string): ProcessedObject | null {
  for (const kind of ["receipt", "erasing"] as const) {
    const folder = ERASURE_FOLDERS[kind];
    if (!text.startsWith(folder)) continue;
    const ref = readRawName(text.slice(folder.length));
    return ref === null ? null : { kind, ref };
  }
  const at = text.lastIndexOf("/");
  const file = text.slice(at + 1);
  const ref = readRef(text.slice(0, at));
  if (ref === null) return null;
  if (file === MANIFEST_FILE) return { kind: "manifest", ref };
  return RENDITION_FILE.test(file) ? { kind: "rendition", ref, file } : null;
}

/** One owner's folder of a day. */
interface OwnerFolder extends Pick<ImageRef, "tenant" | "owner"> {
  readonly day: string;
}

const ID_LENGTH = 36;

/** Reads `{shard}/{yyyy-mm-dd}/{tenant}/{owner}/{imageId}`; a listing of processed objects has it once a file. */
const readRef = rememberNewest((text: string): ImageRef | null => {
  const folder = readFolder(text.slice(0, -ID_LENGTH));
  if (folder === null) return null;
  const { day, tenant, owner } = folder;
  const imageId = text.slice(-ID_LENGTH);
  if (!isImageId(imageId) || dayOf(t0OfImageId(imageId)) !== day) return null;
  return { tenant, owner, imageId };
});

/** Reads `{shard}/{yyyy-mm-dd}/{tenant}/{owner}/`; a listing has it once an image. */
const readFolder = rememberNewest((text: string): OwnerFolder | null => {
  const [shard, day, tenant, owner, nothing, ...more] = text.split("/");
  if (day === undefined || tenant === undefined || owner === undefined) return null;
  if (nothing !== "" || more.length > 0 || shard !== owner.charAt(0)) return null;
  return isTenant(tenant) && isOwner(owner) ? { day, tenant, owner } : null;
});

function name(text: string): ObjectName {
  return text as ObjectName; // the only place that makes one, from branded parts
}

import type { Limits } from "../contract.ts";
import { HEAD_BYTES, pictureTypeOf } from "../picture_type.ts";
import type { UploadOptions } from "../upload.ts";
import type { ItemProblem, QueuedFile, QueueFile, QueueItem } from "./queue_item.ts";

/** A file as it enters the queue. */
export async function queuedFileOf(
  file: File | QueueFile,
  { metadata, ...entry }: Pick<QueuedFile, "id" | "addedAtMs"> & {
    readonly metadata: UploadOptions["metadata"];
  },
): Promise<QueuedFile> {
  const { name, size } = file;
  const facts = { ...entry, metadata, isPaused: false, name: name || "picture", size };
  if ("open" in file) return { ...facts, type: file.type, file: file.open, imageId: file.imageId };
  return { ...facts, type: await typeOfFile(file, metadata?.contentType), file };
}

/** A file's media type: its first bytes', else what is said of it. */
export async function typeOfFile(file: File, hint?: string): Promise<string> {
  const head = await file.slice(0, HEAD_BYTES).arrayBuffer().catch(() => new ArrayBuffer(0));
  return pictureTypeOf(new Uint8Array(head)) ?? hint ?? file.type;
}

/** Why the edge would refuse a file, as far as the limits are known; undefined where it would not. */
export function refusalOf(
  { type, size }: Pick<QueueItem, "type" | "size">,
  limits: Limits | undefined,
): ItemProblem | undefined {
  if (size === 0) return { status: 400, code: "truncated", detail: "it has no bytes" };
  if (limits === undefined) return undefined;
  const { contentTypes, maxBytes } = limits;
  // HEIC and HEIF name one family.
  const family = [type, ...(type.startsWith("image/hei") ? ["image/heic", "image/heif"] : [])];
  if (!family.some((each) => contentTypes.includes(each))) {
    return { status: 415, code: "unsupported_type", detail: type };
  }
  if (size <= maxBytes) return undefined;
  return { status: 413, code: "too_large", detail: `must be at most ${maxBytes} bytes` };
}

/** An id of an item by which items are in the order in which they were added. */
export function newItemId(addedAtMs: number, count: number): string {
  const suffix = Math.random().toString(36).slice(2, 10);
  return `${addedAtMs}-${String(count).padStart(6, "0")}-${suffix}`;
}

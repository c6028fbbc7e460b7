/** The files of an export, one after the other, so that none is held whole; the signed list of all of them is the last. */
import type { ExportedImage } from "@tintype/core/ingest/export_person";
import { isMediaType, MEDIA_TYPES } from "@tintype/core/model/media_type";
import { type Bucket, callStorage, nullOn } from "@tintype/gcs/storage_call";
import { objectPath } from "@tintype/gcs/v4_signer";
import { createHash } from "node:crypto";
import type { ExportList } from "../keeper_requests.ts";

/** Where originals are read, and who signs the list. */
export interface ExportAccess {
  readonly raw: Bucket;
  readonly signList: (list: Omit<ExportList, "tenant">) => Promise<string>;
  readonly signal?: AbortSignal;
}

/** A file of the ZIP; its bytes are read once. */
export interface ExportEntry {
  readonly name: string;
  readonly lastModified: Date;
  readonly input: AsyncIterable<Uint8Array> | string;
}

/** What of an image's original is read. */
type Original = Exclude<ExportedImage["original"], string>;

const PART_BYTES = 8 * 1024 * 1024;

/** What the list says of an image beside its files: an original that is missing, a record that may still be in Kafka. */
export function noteImage(
  { imageId, original, kafkaUntilMs }: ExportedImage,
  { missing, kafka }: Pick<ExportList, "missing" | "kafka">,
): void {
  if (typeof original === "string") missing.push({ imageId, reason: original });
  if (kafkaUntilMs !== undefined) {
    kafka.push({ imageId, until: new Date(kafkaUntilMs).toISOString() });
  }
}

/** Makes the files of an export, and notes in `list` each one that was read, with what is missing. */
export async function* exportEntries(
  images: AsyncIterable<ExportedImage>,
  { raw, signList, signal }: ExportAccess,
  list: Omit<ExportList, "tenant">,
): AsyncGenerator<ExportEntry> {
  for await (const image of images) {
    const { imageId, original, manifest, rows } = image;
    noteImage(image, list);
    const lastModified = new Date(image.t0Ms);
    const entry = (name: string, chunks: AsyncIterable<Uint8Array>) => {
      const path = `${imageId}/${name}`;
      return { name: path, lastModified, input: noted(chunks, path, list.files) };
    };
    if (manifest !== undefined) yield entry("manifest.json", chunkOf(manifest));
    yield entry("rows.json", chunkOf(JSON.stringify(rows, null, 2)));
    if (typeof original === "string") continue;
    const parts = partsOf(original, raw, signal);
    const first = (await parts.next()).value ?? null;
    // Erased since it was listed.
    if (first === null) list.missing.push({ imageId, reason: "gone" });
    else yield entry(originalName(original), behind(first, parts, imageId));
  }
  yield { name: "list.json", lastModified: new Date(), input: await signList(list) };
}

function originalName({ contentType }: Original): string {
  return `original.${isMediaType(contentType) ? MEDIA_TYPES[contentType].extensions[0] : "bin"}`;
}

/** An original's bytes in parts, each a call that is repeated by itself; null where there is no such generation any more. */
async function* partsOf(
  { name, generation, size }: Original,
  { bucket, ...access }: Bucket,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array | null> {
  for (let at = 0; at < size; at += PART_BYTES) {
    const range = `bytes=${at}-${Math.min(at + PART_BYTES, size) - 1}`;
    yield await nullOn(
      404,
      callStorage(access, {
        method: "GET",
        path: objectPath(bucket, name),
        query: { generation },
        // As in `readMedia`: nothing is unpacked on the way.
        unsignedHeaders: { range, "accept-encoding": "gzip" },
        signal,
      }, async (response) => new Uint8Array(await response.arrayBuffer())),
    );
  }
}

async function* behind(
  first: Uint8Array,
  more: AsyncIterable<Uint8Array | null>,
  imageId: string,
): AsyncGenerator<Uint8Array> {
  yield first;
  for await (const part of more) {
    if (part === null) throw new Error(`${imageId} was erased while it was read: run it again`);
    yield part;
  }
}

async function* chunkOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** Passes bytes on, and notes their size and hash at their end. */
async function* noted(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  files: ExportList["files"],
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    yield chunk;
  }
  files.push({ name, bytes, sha256: hash.digest("hex") });
}

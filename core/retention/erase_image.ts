/**
 * Erases one image, as far as objects go: where something of it is found, `erasing/…` is created first, then the `erased`
 * record is published, whose row is the tombstone that the keeper deletes all other rows by, then the objects go. Every
 * step finds its work done when it is run again, so any delivery or crash may repeat it.
 */
import { walkNames } from "../listing.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { erasedRecord, type RecordOrigin } from "../model/image_record.ts";
import { parseManifest } from "../model/manifest.ts";
import {
  erasingName,
  type ImageRef,
  manifestName,
  type ObjectName,
  processedPrefix,
  rawName,
  receiptName,
} from "../model/object_name.ts";
import { declarationOfMetadata, metadataOfDeclaration } from "../model/raw_metadata.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Hashing } from "../ports/hashing.ts";
import type {
  ObjectCreator,
  ObjectFacts,
  ObjectLister,
  ObjectReader,
  ObjectRemover,
} from "../ports/object_store.ts";
import type { RecordPublisher } from "../ports/record_publisher.ts";

/** What erasing needs. */
export interface EraseImagePorts {
  readonly raw: ObjectReader & ObjectRemover;
  readonly processed: ObjectReader & ObjectLister & ObjectRemover & ObjectCreator;
  readonly erasures: ObjectReader;
  readonly records: RecordPublisher;
  readonly hashing: Hashing;
  readonly clock: Clock;
}

/** Whether the owner has asked for the image to be erased. */
export async function isErasureRequested(
  erasures: ObjectReader,
  ref: ImageRef,
  options: CallOptions = {},
): Promise<boolean> {
  return await erasures.stat(rawName(ref), options) !== null;
}

/**
 * Erases an image whose request is there. `erasing`: its objects are gone and its record is published, the keeper writes
 * the receipt when its rows are gone too; `settled`: nothing of it was ever there, and the receipt is written.
 */
export async function eraseImage(
  ports: EraseImagePorts,
  ref: ImageRef,
  options: CallOptions = {},
): Promise<"erasing" | "settled"> {
  const raw = await ports.raw.stat(rawName(ref), options);
  const made = await objectsOf(ports.processed, ref, options);
  if (raw === null && made.length === 0) return await eraseNothing(ports, ref, options);
  const origin = await originOf(ports, ref, { raw, ...options });
  await createEmpty(ports.processed, erasingName(ref), ref, { origin, ...options });
  await publishErased(ports, ref, origin, options);
  if (raw !== null) await removeLive(ports.raw, rawName(ref), options);
  for (const { name, generation } of made) {
    await ports.processed.remove(name, { generation, ...options });
  }
  return "erasing";
}

/** A delivery before this one may have died between the record and its acknowledgement: it is published again. */
async function eraseNothing(
  ports: EraseImagePorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<"erasing" | "settled"> {
  const erasing = await ports.processed.stat(erasingName(ref), options);
  if (erasing === null) {
    await writeReceipt(ports, ref, options);
    return "settled";
  }
  const origin = originIn(declarationOfMetadata(erasing.metadata));
  await publishErased(ports, ref, origin, options);
  return "erasing";
}

/** Writes the receipt of an erasure; idempotent. */
export async function writeReceipt(
  { processed }: { readonly processed: ObjectCreator },
  ref: ImageRef,
  options: CallOptions,
): Promise<void> {
  await createEmpty(processed, receiptName(ref), ref, options);
}

async function publishErased(
  { records, hashing, clock }: EraseImagePorts,
  ref: ImageRef,
  origin: RecordOrigin,
  options: CallOptions,
): Promise<void> {
  await records.publish(await erasedRecord(hashing, ref, origin, clock.now()), options);
}

async function objectsOf(
  processed: ObjectLister,
  ref: ImageRef,
  options: CallOptions,
): Promise<ObjectFacts[]> {
  const objects: ObjectFacts[] = [];
  const query = { prefix: processedPrefix(ref), ...options };
  for await (const object of walkNames(processed, query)) objects.push(object);
  return objects;
}

/** Where the image came from: its manifest says so when the raw object is gone. */
async function originOf(
  { processed }: EraseImagePorts,
  ref: ImageRef,
  { raw, ...options }: CallOptions & { readonly raw: ObjectFacts | null },
): Promise<RecordOrigin> {
  if (raw !== null) return originIn(declarationOfMetadata(raw.metadata));
  const manifest = await processed.read(manifestName(ref), options);
  return manifest === null ? { source: "unknown" } : originIn(parseManifest(manifest));
}

/** What an object or manifest says of where its image came from. */
export function originIn({ source, ref, origin }: RecordOrigin): RecordOrigin {
  return { source, ref, origin };
}

/** Creates an object that its name says everything of, and where the image came from. */
async function createEmpty(
  processed: ObjectCreator,
  name: ObjectName,
  { imageId }: ImageRef,
  { origin, ...options }: CallOptions & { readonly origin?: RecordOrigin },
): Promise<void> {
  await processed.create(name, new Uint8Array(0), {
    contentType: "application/octet-stream",
    customTimeMs: t0OfImageId(imageId),
    ...(origin === undefined ? {} : { metadata: metadataOfDeclaration(origin) }),
    ...options,
  });
}

/** Removes whatever generation is live; false where there was none. */
export async function removeLive(
  store: ObjectReader & ObjectRemover,
  name: ObjectName,
  options: CallOptions = {},
): Promise<boolean> {
  const facts = await store.stat(name, options);
  if (facts === null) return false;
  return await store.remove(name, { generation: facts.generation, ...options });
}

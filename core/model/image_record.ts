/**
 * The record: one message an image and attempt, from which a row, a webhook and a Kafka result are made. Its data is the
 * row, key for key; what is no column is an attribute.
 */
import { type ImageId, t0OfImageId } from "./image_id.ts";
import { IMAGE_ROW_COLUMNS, type ImageRow, rowOfManifest } from "./image_row.ts";
import type { Manifest, Source } from "./manifest.ts";
import type { ImageRef } from "./object_name.ts";
import type { RecordType } from "./record_type.ts";
import type { Tenant } from "./tenant.ts";

/** May hash bytes to SHA-256 in lower-case hex. */
export interface EventHashing {
  sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
}

/** What a message carries beside its row. */
interface RecordAttributes {
  readonly type: RecordType;
  readonly source: Source;
  readonly image_id: ImageId;
  /** Always the same for a repeated message, a new one for a replay: 32 hex digits. */
  readonly event_id: string;
  readonly tenant?: Tenant | undefined;
  /** The caller's own reference. */
  readonly ref?: string | undefined;
  /** Of an image of a Kafka topic: topic/partition/offset. */
  readonly origin?: string | undefined;
}

/** A message of the topic `tintype-images`. */
export interface ImageRecord {
  readonly row: ImageRow;
  readonly attributes: RecordAttributes;
}

/** Where an image came from, as its raw object's metadata or its manifest says. */
export type RecordOrigin = Pick<RecordAttributes, "source" | "ref" | "origin">;

/** A manifest, and what it does not say of itself. */
interface ManifestFacts {
  readonly ref: ImageRef;
  readonly manifest: Manifest;
  /** The generation of the manifest's own object. */
  readonly generation: string;
  /** Undefined where no SHA-256 is known. */
  readonly contentKey: string | undefined;
}

/** The record of a manifest: made of it alone, so that a second delivery publishes the same one. */
export async function recordOfManifest(
  hashing: EventHashing,
  { ref, manifest, generation, contentKey }: ManifestFacts,
): Promise<ImageRecord> {
  const { source, ref: reference, origin, status } = manifest;
  return {
    row: { ...rowOfManifest(ref, manifest), content_key: contentKey ?? null },
    attributes: {
      type: `image.${status}`,
      ...{ source, ref: reference, origin, tenant: ref.tenant, image_id: ref.imageId },
      event_id: await eventIdOf(hashing, `manifest/${ref.imageId}/${generation}`),
    },
  };
}

/** The record of an erasure: a tombstone with the image's id, tenant, T0 and time, and nothing else of it. */
export async function erasedRecord(
  hashing: EventHashing,
  { tenant, imageId }: ImageRef,
  from: RecordOrigin,
  atMs: number,
): Promise<ImageRecord> {
  return {
    row: {
      ...EMPTY_ROW,
      ...{ image_id: imageId, tenant, status: "erased", source: from.source },
      t0: new Date(t0OfImageId(imageId)).toISOString(),
      processed_at: new Date(atMs).toISOString(),
    },
    attributes: {
      type: "image.erased",
      ...from,
      ...{ tenant, image_id: imageId, event_id: await eventIdOf(hashing, `erased/${imageId}`) },
    },
  };
}

/** What the Kafka source refused. */
export interface RefusedRecord {
  readonly imageId: ImageId;
  /** Undefined where the record does not say whose it is. */
  readonly tenant: Tenant | undefined;
  /** topic/partition/offset. */
  readonly origin: string;
  readonly ref?: string | undefined;
  /** The dead letter's reason code. */
  readonly reason: string;
  readonly refusedAtMs: number;
  readonly bytes?: number | undefined;
}

/** The record of a refusal at the Kafka source: it names no owner and no file; its T0 is the time of the refusal. */
export async function refusedRecord(
  hashing: EventHashing,
  refused: RefusedRecord,
): Promise<ImageRecord> {
  const { imageId, tenant, origin, ref, reason, refusedAtMs, bytes } = refused;
  const time = new Date(refusedAtMs).toISOString();
  return {
    row: {
      ...EMPTY_ROW,
      ...{ image_id: imageId, tenant: tenant ?? null, source: "kafka", status: "rejected", reason },
      ...{ t0: time, processed_at: time, bytes: bytes ?? null },
    },
    attributes: {
      type: "image.rejected",
      ...{ source: "kafka", image_id: imageId, tenant, origin, ref },
      event_id: await eventIdOf(hashing, `refused/${origin}`),
    },
  };
}

const EMPTY_ROW = Object.fromEntries(
  IMAGE_ROW_COLUMNS.map((column) => [column, column === "renditions" ? [] : null]),
) as unknown as ImageRow; // all columns are there

async function eventIdOf(hashing: EventHashing, text: string): Promise<string> {
  return (await hashing.sha256(new Uint8Array(new TextEncoder().encode(text)))).slice(0, 32);
}

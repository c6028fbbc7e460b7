/**
 * What is kept of a person, for people who ask for it (GDPR, articles 15 and 20): the enumeration of `erase_person`, a page at a
 * time, with manifests and rows. It names originals and reads none of them.
 */
import { forEachBounded } from "../concurrency.ts";
import type { ImageId } from "../model/image_id.ts";
import { parseManifest } from "../model/manifest.ts";
import { manifestName } from "../model/object_name.ts";
import type { PersonRows } from "../ports/image_rows.ts";
import type { ObjectFacts, ObjectLister, ObjectReader } from "../ports/object_store.ts";
import {
  findPerson,
  type FindPersonInput,
  type FindPersonPorts,
  type FoundImage,
} from "./erase_person.ts";

/** What exporting needs. */
export interface ExportPersonPorts extends FindPersonPorts {
  readonly processed: ObjectLister & Pick<ObjectReader, "read">;
  readonly rows: PersonRows;
}

/** Whose images, behind which one. */
interface ExportPersonInput extends FindPersonInput {
  readonly after?: ImageId | undefined;
}

/** Why an original is not in an export. */
export const MISSING_REASONS = ["gone", "processing"] as const;

/** An image that is not erased; times are in milliseconds since the epoch. */
export interface ExportedImage
  extends Pick<FoundImage, "imageId" | "t0Ms" | "source" | "kafkaUntilMs"> {
  /** The raw object that its manifest describes, or why there is none. */
  readonly original:
    | Pick<ObjectFacts, "name" | "generation" | "size"> & { readonly contentType: string }
    | (typeof MISSING_REASONS)[number];
  /** The manifest as it is stored. */
  readonly manifest: string | undefined;
  /** Its rows in BigQuery, each with all columns. */
  readonly rows: readonly unknown[];
}

/** A page of an export, and how many images there are in all. */
export interface ExportedPage {
  readonly days: number;
  readonly images: number;
  /** With an erasure request: nothing of them is exported. */
  readonly erased: number;
  readonly page: readonly ExportedImage[];
  /** The image behind which the next page begins; undefined at the end. */
  readonly after: ImageId | undefined;
}

const PAGE_IMAGES = 100;
const AT_ONCE = 16;

/** Finds a page of a person's images that are not erased, the oldest first. Throws as `erasePerson`. */
export async function exportPerson(
  ports: ExportPersonPorts,
  { after, ...input }: ExportPersonInput,
): Promise<ExportedPage> {
  const { days, found } = await findPerson(ports, input);
  const kept = found.filter(({ requestedAtMs }) => requestedAtMs === undefined);
  const left = kept.filter(({ imageId }) => after === undefined || imageId > after);
  const images = left.slice(0, PAGE_IMAGES);
  const { tenant, signal } = input;
  const ids = images.map(({ imageId }) => imageId);
  const rows = await ports.rows.rowsOf({ tenant, imageIds: ids }, { signal });
  const page = new Map<ImageId, ExportedImage>();
  await forEachBounded(images, AT_ONCE, async (image) => {
    const { imageId, owner, t0Ms, source, kafkaUntilMs, raw } = image;
    const bytes = await ports.processed.read(manifestName({ tenant, owner, imageId }), { signal });
    page.set(imageId, {
      imageId,
      t0Ms,
      source,
      kafkaUntilMs,
      original: originalOf(raw, bytes),
      manifest: bytes === null ? undefined : new TextDecoder().decode(bytes),
      rows: rows.get(imageId) ?? [],
    });
  });
  return {
    days,
    images: kept.length,
    erased: found.length - kept.length,
    page: ids.flatMap((imageId) => page.get(imageId) ?? []),
    after: left.length > images.length ? ids.at(-1) : undefined,
  };
}

/** As `findOriginal` says it to an owner: what is described by the manifest, and no other generation. */
function originalOf(
  raw: ObjectFacts | undefined,
  bytes: Uint8Array | null,
): ExportedImage["original"] {
  if (raw === undefined) return "gone";
  if (bytes === null) return "processing";
  const { generation, metadata } = parseManifest(bytes);
  if (raw.generation !== generation) return "processing";
  const { name, size, contentType = "application/octet-stream" } = raw;
  return { name, generation, size, contentType: metadata?.mediaType ?? contentType };
}

/**
 * Hostile files through the running processor: each is put where every source puts images, past what a source would refuse,
 * and looked at when it has ended: once, with one of its endings, at its first delivery.
 */
import { forEachBounded } from "@tintype/core/concurrency";
import { makeImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { type Manifest, parseManifest } from "@tintype/core/model/manifest";
import {
  type ImageRef,
  manifestName,
  processedPrefix,
  rawName,
} from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { eventually } from "@tintype/core/testing/eventually";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import type { Ending, HostileFile } from "@tintype/processor/testing/hostile/hostile_files";
import { BUCKETS, URLS } from "../_cloud.ts";

/** What became of a file. */
export interface HostileEnd {
  readonly file: HostileFile;
  readonly ending: Ending | "failed";
  /** What was not as it must be. */
  readonly faults: readonly string[];
}

/** How to send them. */
export interface HostileCampaignOptions {
  readonly atOnce: number;
  /** Whether an image is taken away once it was looked at, so that long campaigns do not fill the disk. */
  readonly removes: boolean;
}

const END_MS = 120_000;
/** Many wait at once, and each look is a call. */
const POLL_MS = 200;
const raw = storeOf(BUCKETS.raw);
const processed = storeOf(BUCKETS.processed);

/** Sends all; answers what became of each. */
export async function sendHostileFiles(
  files: Iterable<HostileFile>,
  { atOnce, removes }: HostileCampaignOptions,
): Promise<HostileEnd[]> {
  const ends: HostileEnd[] = [];
  await forEachBounded(files, atOnce, async (file) => {
    ends.push(await sendHostileFile(file, removes));
  });
  return ends;
}

async function sendHostileFile(file: HostileFile, removes: boolean): Promise<HostileEnd> {
  const ref = await putImage(file);
  const { status, reason, attempt } = await endOf(ref, file.name);
  if (removes) await removeImage(ref);
  const ending = status === "rejected" ? reason as Ending : status; // the manifest's own reasons
  const isRight = file.endings.some((expected) => expected === ending);
  return {
    file,
    ending,
    faults: [
      ...(isRight ? [] : [`${file.name}: ${ending}`]),
      ...(attempt === 1 ? [] : [`${file.name}: attempt ${attempt}`]),
    ],
  };
}

/** Puts a file into the raw bucket. */
async function putImage({ mediaType, bytes }: HostileFile): Promise<ImageRef> {
  const ref = {
    tenant: parseTenant("walks"),
    owner: parseOwner("abcdefghijklmnopqrst"),
    imageId: makeImageId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  };
  await raw.create(rawName(ref), bytes, {
    contentType: mediaType,
    customTimeMs: t0OfImageId(ref.imageId),
    metadata: { source: "edge" },
  });
  return ref;
}

/** The manifest of an image, as soon as it is there. */
async function endOf(ref: ImageRef, name: string): Promise<Manifest> {
  const read = async () => await processed.read(manifestName(ref)) ?? false;
  return parseManifest(await eventually(`the end of ${name}`, read, END_MS, POLL_MS));
}

/** Takes an image away, as the sweep would. */
async function removeImage(ref: ImageRef): Promise<void> {
  const facts = await raw.stat(rawName(ref));
  if (facts !== null) await raw.remove(facts.name, { generation: facts.generation });
  const { objects } = await processed.list({ prefix: processedPrefix(ref) });
  for (const { name, generation } of objects) await processed.remove(name, { generation });
}

function storeOf(bucket: string): ObjectStore {
  return gcsObjectStore({ bucket, endpoint: URLS.storage });
}

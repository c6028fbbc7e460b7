/** Looks through a shard's day: raw names, processed names and requests are listed side by side, as they sort alike. */
import { walkNames } from "../listing.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { readProcessedName, readRawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";

/** Where to look. */
interface FindLostPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly erasures: ObjectLister;
}

/** Which folder, and when an object must have been complete for its event to be published again. */
interface Folder extends CallOptions {
  /** `{shard}/{yyyy-mm-dd}/`. */
  readonly prefix: string;
  readonly dueMs: number;
  /** Images whose T0 is before it are left out. */
  readonly fromMs: number;
}

/** What was found. */
export interface Lost {
  /** Raw objects seen. */
  readonly lookedAt: number;
  /** Raw objects without a manifest. */
  readonly lost: readonly ObjectFacts[];
  /** Those that are not due: they are young, or their event may still wait. */
  readonly waiting: number;
  /** Requests beside which an object lies. */
  readonly survived: readonly ObjectFacts[];
}

/** Finds what is due of a folder. */
export async function findLost(
  { raw, processed, erasures }: FindLostPorts,
  { dueMs, fromMs, ...query }: Folder,
): Promise<Lost> {
  const requests = new Map<string, ObjectFacts>();
  for await (const request of walkNames(erasures, query)) {
    if (request.createdMs <= dueMs) requests.set(request.name, request);
  }
  const survived = new Set<ObjectFacts>();
  const isErased = ({ createdMs }: ObjectFacts, name: string): boolean => {
    const request = createdMs <= dueMs ? requests.get(name) : undefined;
    if (request !== undefined) survived.add(request);
    return request !== undefined;
  };
  const lost: ObjectFacts[] = [];
  const counts = { lookedAt: 0, waiting: 0 };
  const manifests = namesWithManifest(walkNames(processed, query), isErased);
  let manifest = await manifests.next();
  for await (const object of walkNames(raw, query)) {
    const ref = readRawName(object.name);
    if (ref === null || t0OfImageId(ref.imageId) < fromMs) continue;
    counts.lookedAt++;
    while (!manifest.done && manifest.value < object.name) manifest = await manifests.next();
    const hasManifest = !manifest.done && manifest.value === object.name;
    if (isErased(object, object.name) || hasManifest) continue;
    if (object.createdMs > dueMs) counts.waiting++;
    else lost.push(object);
  }
  while (requests.size > 0 && !manifest.done) manifest = await manifests.next();
  return { ...counts, lost, survived: [...survived] };
}

/** The raw names of a folder's manifests; `see` is called with every object on the way. */
async function* namesWithManifest(
  objects: AsyncIterable<ObjectFacts>,
  see: (object: ObjectFacts, rawName: string) => void,
): AsyncGenerator<string> {
  for await (const object of objects) {
    const rawName = object.name.slice(0, object.name.lastIndexOf("/"));
    see(object, rawName);
    if (readProcessedName(object.name)?.kind === "manifest") yield rawName;
  }
}

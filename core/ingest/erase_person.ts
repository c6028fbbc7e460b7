/** A person's images of all days whose salts are there: which there are, and the erasure of each. */
import { allEnded, forEachBounded } from "../concurrency.ts";
import { walkNames } from "../listing.ts";
import { DAYS_FILE, parseDaySalts } from "../model/day_salts.ts";
import { type ImageId, t0OfImageId } from "../model/image_id.ts";
import {
  ERASURE_FOLDERS,
  type ObjectName,
  ownerPrefix,
  readProcessedName,
  readRawName,
} from "../model/object_name.ts";
import { deriveOwner, type Owner, type PseudonymKeys } from "../model/owner.ts";
import { declarationOfMetadata } from "../model/raw_metadata.ts";
import type { Tenant } from "../model/tenant.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type {
  ObjectCreator,
  ObjectFacts,
  ObjectLister,
  ObjectReader,
} from "../ports/object_store.ts";
import { requestErasure } from "./request_erasure.ts";

/** What finding a person's images needs. */
export interface FindPersonPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly erasures: ObjectLister;
  readonly config: Pick<ObjectReader, "read">;
  readonly pseudonymKeys: PseudonymKeys;
}

/** What finding and erasing a person's images needs. */
export interface ErasePersonPorts extends FindPersonPorts {
  readonly erasures: ObjectLister & ObjectCreator;
}

/** Whose images. */
export interface FindPersonInput extends CallOptions {
  readonly tenant: Tenant;
  readonly subject: string;
  /** How long a record of Kafka's source topic can stay, in milliseconds. */
  readonly kafkaMs: number;
}

/** A dry run requests nothing, and reports how far erasures are. */
interface ErasePersonInput extends FindPersonInput {
  readonly isDryRun: boolean;
}

/** An image of the person, by times in milliseconds since the epoch. */
interface PersonImage {
  readonly imageId: ImageId;
  readonly owner: Owner;
  readonly t0Ms: number;
  /** The source that the raw object names; undefined where it is gone. */
  readonly source: string | undefined;
  readonly requestedAtMs: number | undefined;
  readonly erasedAtMs: number | undefined;
  /** Its record may be in Kafka's topic until then, as erasures do not reach there. */
  readonly kafkaUntilMs: number | undefined;
}

/** An image of the person, and its raw object where that is there. */
export interface FoundImage extends PersonImage {
  readonly raw: ObjectFacts | undefined;
}

/** What was found, the oldest first, and for how many a request was written now. */
export interface ErasedPerson {
  readonly days: number;
  readonly requested: number;
  readonly images: readonly PersonImage[];
}

const AT_ONCE = 16;

/**
 * Requests the erasure of every image of a person that has no request yet, of both sources, and reports of each how far it
 * is. May be repeated. Throws `unavailable` where a store or a day's pseudonym key is missing.
 */
export async function erasePerson(
  ports: ErasePersonPorts,
  { isDryRun, ...input }: ErasePersonInput,
): Promise<ErasedPerson> {
  const { days, found } = await findPerson(ports, input);
  const images = found.map(({ raw: _, ...image }) => image);
  const fresh = images.filter(({ requestedAtMs }) => requestedAtMs === undefined);
  if (isDryRun) return { days, requested: 0, images };
  const { tenant, signal } = input;
  await forEachBounded(
    fresh,
    AT_ONCE,
    ({ owner, imageId }) => requestErasure(ports, { tenant, owner, imageId }, { signal }),
  );
  return { days, requested: fresh.length, images };
}

/**
 * Finds every image of a person, of both sources, the oldest first, by the owners of all days that have a salt. Throws as
 * {@link erasePerson}.
 */
export async function findPerson(
  { config, pseudonymKeys, ...stores }: FindPersonPorts,
  { tenant, subject, kafkaMs, ...options }: FindPersonInput,
): Promise<{ readonly days: number; readonly found: readonly FoundImage[] }> {
  const bytes = await config.read(DAYS_FILE as ObjectName, options); // a name of the configuration bucket
  const days = bytes === null ? [] : parseDaySalts(bytes);
  const found = await allEnded(days.map(async (day) => {
    const owner = await deriveOwner(pseudonymKeys, day, { tenant, subject });
    const folder = { prefix: ownerPrefix(day.day, tenant, owner), ...options };
    return await imagesIn(stores, folder, { owner, kafkaMs });
  }));
  const oldestFirst = (a: FoundImage, b: FoundImage) => a.imageId < b.imageId ? -1 : 1;
  return { days: days.length, found: found.flat().toSorted(oldestFirst) };
}

/** Images of one owner, who is a person on one day. */
async function imagesIn(
  { raw, processed, erasures }: Omit<FindPersonPorts, "config" | "pseudonymKeys">,
  folder: CallOptions & { readonly prefix: string },
  { owner, kafkaMs }: { readonly owner: Owner; readonly kafkaMs: number },
): Promise<FoundImage[]> {
  const [raws, processeds, requests, receipts] = await allEnded([
    byImage(raw, folder),
    byImage(processed, folder),
    byImage(erasures, folder),
    byImage(processed, { ...folder, prefix: ERASURE_FOLDERS.receipt + folder.prefix }),
  ]);
  const ids = new Set([raws, processeds, requests].flatMap((objects) => [...objects.keys()]));
  return [...ids].map((imageId) => {
    const t0Ms = t0OfImageId(imageId);
    const object = raws.get(imageId);
    const source = object && declarationOfMetadata(object.metadata).source;
    return {
      imageId,
      owner,
      t0Ms,
      source,
      raw: object,
      requestedAtMs: requests.get(imageId)?.createdMs,
      erasedAtMs: receipts.get(imageId)?.createdMs,
      kafkaUntilMs: source === "kafka" ? t0Ms + kafkaMs : undefined,
    };
  });
}

async function byImage(
  lister: ObjectLister,
  query: CallOptions & { readonly prefix: string },
): Promise<ReadonlyMap<ImageId, ObjectFacts>> {
  const objects = new Map<ImageId, ObjectFacts>();
  for await (const object of walkNames(lister, query)) {
    const ref = readRawName(object.name) ?? readProcessedName(object.name)?.ref;
    if (ref !== undefined) objects.set(ref.imageId, object);
  }
  return objects;
}

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

/** What finding and erasing a person's images needs. */
export interface ErasePersonPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly erasures: ObjectLister & ObjectCreator;
  readonly config: Pick<ObjectReader, "read">;
  readonly pseudonymKeys: PseudonymKeys;
}

/** Whose images; a dry run requests nothing, and reports how far erasures are. */
interface ErasePersonInput extends CallOptions {
  readonly tenant: Tenant;
  readonly subject: string;
  readonly isDryRun: boolean;
  /** How long a record of Kafka's source topic can stay, in milliseconds. */
  readonly kafkaMs: number;
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
  { config, pseudonymKeys, ...stores }: ErasePersonPorts,
  { tenant, subject, isDryRun, kafkaMs, ...options }: ErasePersonInput,
): Promise<ErasedPerson> {
  const bytes = await config.read(DAYS_FILE as ObjectName, options); // a name of the configuration bucket
  const days = bytes === null ? [] : parseDaySalts(bytes);
  const found = await allEnded(days.map(async (day) => {
    const owner = await deriveOwner(pseudonymKeys, day, { tenant, subject });
    const folder = { prefix: ownerPrefix(day.day, tenant, owner), ...options };
    return await imagesIn(stores, folder, { owner, kafkaMs });
  }));
  const images = found.flat().toSorted((a, b) => a.t0Ms - b.t0Ms);
  const fresh = images.filter(({ requestedAtMs }) => requestedAtMs === undefined);
  if (isDryRun) return { days: days.length, requested: 0, images };
  await forEachBounded(
    fresh,
    AT_ONCE,
    ({ owner, imageId }) => requestErasure(stores, { tenant, owner, imageId }, options),
  );
  return { days: days.length, requested: fresh.length, images };
}

/** Images of one owner, who is a person on one day. */
async function imagesIn(
  { raw, processed, erasures }: Omit<ErasePersonPorts, "config" | "pseudonymKeys">,
  folder: CallOptions & { readonly prefix: string },
  { owner, kafkaMs }: { readonly owner: Owner; readonly kafkaMs: number },
): Promise<PersonImage[]> {
  const [raws, processeds, requests, receipts] = await allEnded([
    byImage(raw, folder),
    byImage(processed, folder),
    byImage(erasures, folder),
    byImage(processed, { ...folder, prefix: ERASURE_FOLDERS.receipt + folder.prefix }),
  ]);
  const ids = new Set([raws, processeds, requests].flatMap((objects) => [...objects.keys()]));
  return [...ids].map((imageId) => {
    const t0Ms = t0OfImageId(imageId);
    const metadata = raws.get(imageId)?.metadata;
    const source = metadata && declarationOfMetadata(metadata).source;
    return {
      ...{ imageId, owner, t0Ms, source },
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

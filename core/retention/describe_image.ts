/**
 * Everything that is known of an image, for operators: its rows, where each copy is, and what is left to do. It is found by
 * its rows; where they do not say whose it is, by the names of its day. It reads names and manifests, no image.
 */
import { forEachBounded } from "../concurrency.ts";
import { findName, walkNames } from "../listing.ts";
import { type ImageId, t0OfImageId } from "../model/image_id.ts";
import { isFinal, type Manifest, parseManifest } from "../model/manifest.ts";
import {
  erasingName,
  ERASURE_FOLDERS,
  type ImageRef,
  manifestName,
  processedPrefix,
  rawName,
  readProcessedName,
  readRawName,
  receiptName,
} from "../model/object_name.ts";
import { declarationOfMetadata } from "../model/raw_metadata.ts";
import type { Tenant } from "../model/tenant.ts";
import { dayOf } from "../model/utc_day.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventQueues } from "../ports/event_queues.ts";
import type { HistoryRow, ImageHistory } from "../ports/image_selector.ts";
import type { ObjectFacts, ObjectLister, ObjectReader } from "../ports/object_store.ts";
import { MAX_AHEAD_MS, phaseOf, purgeAtOf, type RetentionPolicy } from "./policy.ts";
import { dayPrefixes, SHARDS_AT_ONCE } from "./shards.ts";

/** What describing needs: names of all buckets, manifests and rows. */
export interface DescribeImagePorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister & ObjectReader;
  readonly erasures: ObjectLister;
  readonly rows: ImageHistory;
  readonly queues: EventQueues;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
}

/** Which image: an id, or what ids of a record's position end with. */
interface DescribedInput extends CallOptions {
  readonly imageId?: ImageId | undefined;
  readonly idEnd: string;
  /** Whose it is, where that is known: fewer names are listed. */
  readonly tenant?: Tenant | undefined;
}

/** What is left to do, in the order in which it is looked for. */
const LEFT = {
  erased: "Nothing: it is erased, and the receipt is there.",
  rows_go: "Nothing: the keeper deletes its rows and writes the receipt within some 15 minutes.",
  erasure_waits:
    "Its erasure waits for the request's event, which the keeper publishes again after 30 minutes; `deno task repair --since TIME` does so at once.",
  sweep: "Its retention period is over: the next sweep deletes what is there.",
  refused:
    "It was refused at the Kafka source: `deno task dlq show PARTITION/OFFSET`, then `dlq redrive` where its cause is gone.",
  delivery: "Its event may still wait in a queue: wait.",
  repair:
    "Its event is lost: repair publishes it within a day, `deno task repair --since TIME` at once.",
  failed:
    "It failed each time: repair tries it again by itself, `deno task repair --since TIME` at once; delivery_failed in the processor's log says why.",
  replay:
    "Renditions are missing that its manifest names: `deno task replay --before TIME` makes them anew.",
  rebuild_rows: "Its row is missing, or on its way: after some minutes `deno task rebuild-rows`.",
  rejected:
    "Nothing: it was rejected for a fault of its own. After a fix of ours `deno task replay --status rejected`.",
  ready: "Nothing: it is ready.",
  gone: "Nothing is there but its rows.",
} as const satisfies Readonly<Record<string, string>>;

type Left = keyof typeof LEFT;

/** An image as it is found; times are in milliseconds since the epoch. */
export type DescribedImage = Awaited<ReturnType<typeof describe>>;

/** Describes the images of an id: none, one, or one a tenant that chose the same id. */
export async function describeImages(
  ports: DescribeImagePorts,
  { imageId, idEnd, tenant, ...options }: DescribedInput,
): Promise<DescribedImage[]> {
  const nowMs = ports.clock.now();
  const fromMs = imageId === undefined ? nowMs - ports.policy.periodMs : t0OfImageId(imageId);
  const found = await ports.rows.history({ idEnd, fromMs, toMs: nowMs + MAX_AHEAD_MS }, options);
  const ofTenant = found.filter((row) => tenant === undefined || row.tenant === tenant);
  const images = [...Map.groupBy(ofTenant, (row) => `${row.tenant}/${row.imageId}`).values()]
    .flatMap((rows): Named[] => rows.slice(0, 1).map((row) => ({ ...row, ...refIn(rows), rows })));
  if (images.length === 0 && imageId !== undefined) {
    images.push({ imageId, tenant: tenant ?? null, owner: null, rows: [] });
  }
  const named = await Promise.all(images.map(async (image): Promise<Named[]> => {
    if (image.owner !== null || isRefusal(image.rows)) return [image];
    const refs = await findRefs(ports, image, options);
    if (refs.length > 0) return refs.map((ref) => ({ ...image, ...ref }));
    return image.rows.length > 0 ? [image] : [];
  }));
  return await Promise.all(named.flat().map((image) => describe(ports, image, options)));
}

/** An image, whose it is as far as anything says so, and its rows. */
interface Named extends Pick<HistoryRow, "imageId" | "tenant" | "owner"> {
  readonly rows: readonly HistoryRow[];
}

function refIn(rows: readonly HistoryRow[]): Pick<HistoryRow, "owner"> {
  return { owner: rows.find(({ owner }) => owner !== null)?.owner ?? null };
}

/** Whether the Kafka source has refused it: then there is no object. */
function isRefusal(rows: readonly HistoryRow[]): boolean {
  return rows.length > 0 &&
    rows.every(({ owner, status }) => owner === null && status === "rejected");
}

/** Finds the image by the names of its day, of its tenant where that is known. */
async function findRefs(
  { raw, processed, erasures }: DescribeImagePorts,
  { imageId, tenant }: Named,
  { signal }: CallOptions,
): Promise<ImageRef[]> {
  const folder = tenant === null ? "" : `${tenant}/`;
  const { erasing, receipt } = ERASURE_FOLDERS;
  const places = dayPrefixes(dayOf(t0OfImageId(imageId))).flatMap((prefix) => [
    ...[raw, erasures, processed].map((store) => ({ store, prefix: prefix + folder })),
    ...[erasing, receipt].map((root) => ({ store: processed, prefix: root + prefix + folder })),
  ]);
  const refs = new Map<string, ImageRef>();
  await forEachBounded(places, SHARDS_AT_ONCE, async ({ store, prefix }) => {
    for await (const { name } of walkNames(store, { prefix, namesOnly: true, signal })) {
      const ref = readRawName(name) ?? readProcessedName(name)?.ref;
      if (ref?.imageId === imageId) refs.set(rawName(ref), ref);
    }
  });
  return [...refs.values()];
}

async function describe(
  ports: DescribeImagePorts,
  { imageId, tenant, owner, rows }: Named,
  options: CallOptions,
) {
  const { policy, clock, queues } = ports;
  const isKnown = tenant !== null && owner !== null;
  const copies: Copies = isKnown ? await copiesOf(ports, { tenant, owner, imageId }, options) : {};
  const { raw, manifest, ...erasure } = copies;
  const { source, ref, origin } = manifest ??
    (raw === undefined ? { source: rows[0]?.source } : declarationOfMetadata(raw.metadata));
  const phase = phaseOf(imageId, policy, clock.now());
  const mayWaitMs = await queues.waitingSince(options) ?? -Infinity;
  const isWaiting = raw !== undefined && mayWaitMs <= raw.createdMs + policy.eventDelayMs;
  const left = leftOf({ ...copies, rows, phase, isWaiting });
  return {
    ...{ imageId, tenant, owner, source, ref, origin, phase },
    t0Ms: t0OfImageId(imageId),
    purgeAtMs: purgeAtOf(imageId, policy),
    raw: raw && { bytes: raw.size, contentType: raw.contentType, createdAtMs: raw.createdMs },
    // What its owner may know too, and who made it: nothing of the picture.
    manifest: manifest && {
      ...{ status: manifest.status, reason: manifest.reason, detail: manifest.detail },
      ...{ attempt: manifest.attempt, engine: manifest.engine },
      processorVersion: manifest.processorVersion,
      processedAtMs: Date.parse(manifest.processedAt),
      renditions: manifest.renditions.map(({ name }) => name),
      missing: manifest.missing,
    },
    erasure: {
      requestedAtMs: erasure.request?.createdMs,
      begunAtMs: erasure.erasing?.createdMs,
      receiptAtMs: erasure.receipt?.createdMs,
    },
    rows,
    left,
    leftText: LEFT[left],
  };
}

/** Where copies of an image are. */
interface Copies {
  readonly raw?: ObjectFacts | undefined;
  readonly request?: ObjectFacts | undefined;
  readonly erasing?: ObjectFacts | undefined;
  readonly receipt?: ObjectFacts | undefined;
  /** With the names of renditions that are not the ones it pins. */
  readonly manifest?: Manifest & { readonly missing: readonly string[] } | undefined;
}

async function copiesOf(
  { raw, processed, erasures }: DescribeImagePorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<Copies> {
  const name = rawName(ref);
  const [object, request, erasing, receipt, bytes] = await Promise.all([
    findName(raw, name, options),
    findName(erasures, name, options),
    findName(processed, erasingName(ref), options),
    findName(processed, receiptName(ref), options),
    processed.read(manifestName(ref), options),
  ]);
  const there = new Set<string>();
  for await (const made of walkNames(processed, { prefix: processedPrefix(ref), ...options })) {
    there.add(`${made.name}#${made.generation}`);
  }
  const manifest = bytes === null ? undefined : parseManifest(bytes);
  const missing = manifest?.renditions
    .filter(({ object, generation }) => !there.has(`${object}#${generation}`))
    .map(({ name }) => name) ?? [];
  return { raw: object, request, erasing, receipt, manifest: manifest && { ...manifest, missing } };
}

/** What decides what is left to do. */
interface Deciding extends Copies {
  readonly rows: readonly HistoryRow[];
  readonly phase: ReturnType<typeof phaseOf>;
  /** Whether the event of its raw object may still wait. */
  readonly isWaiting: boolean;
}

function leftOf(
  { raw, request, erasing, receipt, manifest, rows, phase, isWaiting }: Deciding,
): Left {
  if (isRefusal(rows)) return "refused";
  if (receipt !== undefined) return "erased";
  const isThere = raw !== undefined || manifest !== undefined;
  if (phase === "expired") return isThere || rows.length > 0 ? "sweep" : "gone";
  if (erasing !== undefined) return "rows_go";
  if (request !== undefined) return "erasure_waits";
  if (manifest === undefined) return raw === undefined ? "gone" : isWaiting ? "delivery" : "repair";
  if (!isFinal(manifest)) return "failed";
  if (manifest.missing.length > 0) return "replay";
  const { generation, attempt, status } = manifest;
  const hasRow = rows.some((row) =>
    row.generation === generation && row.attempt === attempt && row.status === status
  );
  if (!hasRow) return "rebuild_rows";
  return status === "ready" ? "ready" : "rejected";
}

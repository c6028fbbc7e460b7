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
  const { clock, policy, rows } = ports;
  const nowMs = clock.now();
  const fromMs = imageId === undefined ? nowMs - policy.periodMs : t0OfImageId(imageId);
  const found = await rows.history({ idEnd, fromMs, toMs: nowMs + MAX_AHEAD_MS }, options);
  const images = new Map<string, Named>();
  const ofTenant = found.filter((row) => tenant === undefined || row.tenant === tenant);
  for (const row of ofTenant) {
    const { imageId: id, tenant: whose, owner } = row;
    const key = `${whose}/${id}`;
    const named = images.get(key) ?? { imageId: id, tenant: whose, rows: [] };
    const ref = whose !== null && owner !== null
      ? { tenant: whose, owner, imageId: id }
      : named.ref;
    images.set(key, { ...named, ref, rows: [...named.rows, row] });
  }
  if (images.size === 0 && imageId !== undefined) {
    images.set("", { imageId, tenant: tenant ?? null, rows: [] });
  }
  const named = await Promise.all([...images.values()].map(async (image): Promise<Named[]> => {
    if (image.ref !== undefined || isRefusal(image.rows)) return [image];
    const refs = await findRefs(ports, image, options);
    if (refs.length === 0) return image.rows.length === 0 ? [] : [image];
    return refs.map((ref) => ({ ...image, tenant: ref.tenant, ref }));
  }));
  return await Promise.all(named.flat().map((image) => describe(ports, image, options)));
}

/** An image of which at least a row or an object is there. */
interface Named {
  readonly imageId: ImageId;
  readonly tenant: Tenant | null;
  /** Undefined where nothing says whose it is. */
  readonly ref?: ImageRef | undefined;
  readonly rows: readonly HistoryRow[];
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
  const prefixes = dayPrefixes(dayOf(t0OfImageId(imageId))).map((prefix) => prefix + folder);
  const places = prefixes.flatMap((prefix) => ([
    [raw, prefix],
    [erasures, prefix],
    [processed, prefix],
    [processed, ERASURE_FOLDERS.erasing + prefix],
    [processed, ERASURE_FOLDERS.receipt + prefix],
  ] as const));
  const refs = new Map<string, ImageRef>();
  await forEachBounded(places, SHARDS_AT_ONCE, async ([store, prefix]) => {
    for await (const { name } of walkNames(store, { prefix, namesOnly: true, signal })) {
      const ref = readRawName(name) ?? readProcessedName(name)?.ref;
      if (ref?.imageId === imageId) refs.set(rawName(ref), ref);
    }
  });
  return [...refs.values()];
}

async function describe(
  ports: DescribeImagePorts,
  { imageId, tenant, ref, rows }: Named,
  options: CallOptions,
) {
  const { policy, clock } = ports;
  const copies = ref === undefined ? NO_COPIES : await copiesOf(ports, ref, options);
  const { raw, manifest } = copies;
  const { source, ref: reference, origin } = manifest ??
    (raw === undefined
      ? { source: rows[0]?.source ?? undefined }
      : declarationOfMetadata(raw.metadata));
  const waitingSinceMs = await ports.queues.waitingSince(options);
  const phase = phaseOf(imageId, policy, clock.now());
  const left = leftOf({ ...copies, rows, phase, waitingSinceMs, policy });
  return {
    imageId,
    tenant,
    owner: ref?.owner,
    t0Ms: t0OfImageId(imageId),
    purgeAtMs: purgeAtOf(imageId, policy),
    phase,
    source,
    ref: reference,
    origin,
    raw: raw && factsOf(raw),
    manifest: manifest && stateOf(manifest, copies.renditions),
    erasure: {
      requestedAtMs: copies.request?.createdMs,
      begunAtMs: copies.erasing?.createdMs,
      receiptAtMs: copies.receipt?.createdMs,
    },
    rows,
    left,
    leftText: LEFT[left],
  };
}

/** Where copies of an image are. */
interface Copies {
  readonly raw: ObjectFacts | undefined;
  readonly request: ObjectFacts | undefined;
  readonly erasing: ObjectFacts | undefined;
  readonly receipt: ObjectFacts | undefined;
  readonly manifest: Manifest | undefined;
  /** Generations of the objects made of it. */
  readonly renditions: ReadonlySet<string>;
}

const NO_COPIES: Copies = {
  raw: undefined,
  request: undefined,
  erasing: undefined,
  receipt: undefined,
  manifest: undefined,
  renditions: new Set(),
};

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
  const renditions = new Set<string>();
  const query = { prefix: processedPrefix(ref), ...options };
  for await (const made of walkNames(processed, query)) {
    renditions.add(`${made.name}#${made.generation}`);
  }
  const manifest = bytes === null ? undefined : parseManifest(bytes);
  return { raw: object, request, erasing, receipt, manifest, renditions };
}

function missingOf({ renditions }: Manifest, there: ReadonlySet<string>): string[] {
  return renditions.filter(({ object, generation }) => !there.has(`${object}#${generation}`))
    .map(({ name }) => name);
}

function factsOf({ size: bytes, generation, createdMs, contentType }: ObjectFacts) {
  return { bytes, generation, createdAtMs: createdMs, contentType };
}

/** What its owner may know too, and who made it: nothing of the picture. */
function stateOf(manifest: Manifest, there: ReadonlySet<string>) {
  const { status, reason, detail, attempt, generation, processedAt, processorVersion, engine } =
    manifest;
  return {
    ...{ status, reason, detail, attempt, generation, processorVersion, engine },
    processedAtMs: Date.parse(processedAt),
    renditions: manifest.renditions.map(({ name }) => name),
    missing: missingOf(manifest, there),
  };
}

/** What decides what is left to do. */
interface Deciding extends Copies, Pick<DescribeImagePorts, "policy"> {
  readonly rows: readonly HistoryRow[];
  readonly phase: ReturnType<typeof phaseOf>;
  readonly waitingSinceMs: number | undefined;
}

function leftOf(image: Deciding): Left {
  const { raw, request, erasing, receipt, manifest, rows, phase } = image;
  if (isRefusal(rows)) return "refused";
  if (receipt !== undefined) return "erased";
  const isThere = raw !== undefined || manifest !== undefined;
  if (phase === "expired") return isThere || rows.length > 0 ? "sweep" : "gone";
  if (erasing !== undefined) return "rows_go";
  if (request !== undefined) return "erasure_waits";
  if (manifest !== undefined) return leftOfManifest(manifest, image);
  if (raw === undefined) return "gone";
  return mayWait(raw, image) ? "delivery" : "repair";
}

function leftOfManifest(manifest: Manifest, { rows, renditions }: Deciding): Left {
  if (!isFinal(manifest)) return "failed";
  if (missingOf(manifest, renditions).length > 0) return "replay";
  const { generation, attempt, status } = manifest;
  const hasRow = rows.some((row) =>
    row.generation === generation && row.attempt === attempt && row.status === status
  );
  if (!hasRow) return "rebuild_rows";
  return status === "ready" ? "ready" : "rejected";
}

function mayWait({ createdMs }: ObjectFacts, { waitingSinceMs, policy }: Deciding): boolean {
  return waitingSinceMs === undefined || waitingSinceMs <= createdMs + policy.eventDelayMs;
}

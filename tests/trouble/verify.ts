import { forEachBounded } from "@tintype/core/concurrency";
import { saltAt } from "@tintype/core/model/day_salts";
import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { parseManifest } from "@tintype/core/model/manifest";
import { contentKeyOf } from "@tintype/core/model/owner";
import type { StoredObject } from "../_emulator.ts";
import { sha256 } from "../_pictures.ts";
import { countRecords } from "./dead_letters.ts";
import type { Sending, Sent } from "./senders.ts";
import {
  currentRows,
  days,
  listObjects,
  patient,
  pushCounts,
  readBytes,
  recordCounts,
} from "./stores.ts";
import type { TroubledSystem } from "./troubled_system.ts";

/** What is there, held against what was sent. */
export interface Verdict {
  readonly pictures: number;
  readonly ready: number;
  /** Rows after deduplication. */
  readonly rows: number;
  /** Each thing that is missing, wrong or too late, in a line. */
  readonly lost: readonly string[];
  /** Each thing that is there more often than it may, in a line. */
  readonly doubled: readonly string[];
  /** Records whose producer died unanswered and that were sent again. */
  readonly resent: number;
}

/** What was given up, ever. */
export interface DeadLetters {
  /** Events that no delivery succeeded for. */
  readonly events: number;
  /** Records of images that made no row. */
  readonly rows: number;
  /** Records that the bridge refused. */
  readonly records: number;
}

const IMAGES_AT_ONCE = 8;
/** Every so-many-th picture is also asked for as its owner would. */
const ASKED_EVERY = 5;

/** Counts dead letters of events and of records. */
export async function countDead({ sources }: TroubledSystem): Promise<DeadLetters> {
  const { deadLettered } = await pushCounts();
  const { deadLettered: rows } = await recordCounts();
  const records = sources.includes("kafka") ? await patient(countRecords)("images.dlq") : 0;
  return { events: deadLettered, rows, records };
}

/** Looks into every store. The objects that somebody answers for are `known` to the system afterwards. */
export async function verify(
  system: TroubledSystem,
  sending: Sending,
  deadBefore: DeadLetters,
): Promise<Verdict> {
  const { sent, refused, unsure } = sending;
  const raw = byImage(await listObjects("raw"), (name) => name.split("/").at(-1));
  const processed = byImage(await listObjects("processed"), (name) => name.split("/").at(-2));
  const rows = Map.groupBy(await currentRows(), ({ imageId }) => imageId);
  const lost = refused.map(({ reason }) => `refused at the source: ${reason}`);
  const salts = await days();
  const contentKey = ({ imageId, picture }: Sent) =>
    contentKeyOf(saltAt(salts, t0OfImageId(imageId as ImageId)), picture.sha256); // a source made the id
  const doubled: string[] = [];
  let ready = 0;
  await forEachBounded(sent.entries(), IMAGES_AT_ONCE, async ([index, one]) => {
    const { imageId } = one;
    const troubles = [
      ...await rawTroubles(one, raw.get(imageId) ?? []),
      ...await processedTroubles(one, processed.get(imageId) ?? []),
      ...eventTroubles(system, imageId, processed.get(imageId) ?? []),
      ...(index % ASKED_EVERY === 0 ? await ownerTroubles(one) : []),
    ];
    const [row, ...more] = rows.get(imageId) ?? [];
    if (row === undefined) troubles.push("no row");
    else if (row.status !== "ready" || row.contentKey !== await contentKey(one)) {
      troubles.push(`its row says ${row.status} ${row.contentKey}`);
    }
    if (more.length > 0) doubled.push(`${imageId}: ${more.length + 1} rows`);
    if ((raw.get(imageId) ?? []).length > 1) doubled.push(`${imageId}: two raw objects`);
    if (troubles.length === 0) ready++;
    lost.push(...troubles.map((trouble) => `${one.source} ${imageId}: ${trouble}`));
  });
  const ids = new Set(sent.map(({ imageId }) => imageId));
  if (ids.size < sent.length) doubled.push("two pictures have one id");
  const strangers = await strangersIn(system, { raw, ids, unsure });
  const dead = await countDead(system);
  if (dead.events > deadBefore.events) lost.push("an event became a dead letter");
  if (dead.rows > deadBefore.rows) lost.push("a row became a dead letter");
  if (dead.records > deadBefore.records) lost.push("a record became a dead letter");
  return {
    pictures: sent.length + refused.length,
    ready,
    rows: [...ids].filter((id) => rows.has(id)).length,
    lost,
    doubled: [...doubled, ...strangers.doubled],
    resent: strangers.resent,
  };
}

async function rawTroubles({ picture }: Sent, objects: readonly StoredObject[]): Promise<string[]> {
  const [object] = objects;
  if (object === undefined) return ["no raw object"];
  const digest = sha256(await readBytes("raw", object.name));
  return digest === picture.sha256 ? [] : [`its raw object's SHA-256 is ${digest}`];
}

async function processedTroubles(
  { picture }: Sent,
  objects: readonly StoredObject[],
): Promise<string[]> {
  const held = objects.find(({ name }) => name.endsWith("/manifest.json"));
  if (held === undefined) return ["no manifest"];
  const manifest = parseManifest(await readBytes("processed", held.name));
  const { status, reason, detail, renditions } = manifest;
  if (status !== "ready") return [`${status}: ${reason} (${detail})`];
  const live = new Map(objects.map(({ name, generation }) => [name, generation]));
  const gone = renditions.filter(({ object, generation }) => live.get(object) !== generation);
  const pinned = renditions.map(({ object }) => object);
  const strays = objects.filter(({ name }) => name !== held.name && !pinned.includes(name));
  return [
    ...(manifest.sha256 === picture.sha256 ? [] : ["its manifest has another SHA-256"]),
    ...gone.map(({ object }) => `the pinned generation of ${object} is not live`),
    ...strays.map(({ name }) => `${name} is in no manifest`),
  ];
}

/** A final manifest has exactly one event id, which follows from its generation (`eventIdOf` of core's image_record). */
function eventTroubles(
  { receiver }: TroubledSystem,
  imageId: string,
  objects: readonly StoredObject[],
): string[] {
  const manifest = objects.find(({ name }) => name.endsWith("/manifest.json"));
  const bytes = new TextEncoder().encode(`manifest/${imageId}/${manifest?.generation}`);
  const [expected, got] = [sha256(bytes).slice(0, 32), receiver.idsOf(imageId).join()];
  return got === expected ? [] : [`its webhooks have the ids ${got}, not ${expected}`];
}

async function ownerTroubles({ client, imageId }: Sent): Promise<string[]> {
  if (client === undefined) return [];
  try {
    const { status } = await client.images.get(imageId);
    return status === "ready" ? [] : [`its owner sees ${status}`];
  } catch (error) {
    return [`its owner sees ${error}`];
  }
}

/** Raw objects that were not sent: those of a record that was sent twice, and those that nobody can explain. */
async function strangersIn(
  { known }: TroubledSystem,
  { raw, ids, unsure }: {
    readonly raw: ReadonlyMap<string, readonly StoredObject[]>;
    readonly ids: ReadonlySet<string>;
    readonly unsure: ReadonlySet<string>;
  },
): Promise<{ doubled: string[]; resent: number }> {
  const doubled: string[] = [];
  let resent = 0;
  for (const [imageId, objects] of raw) {
    for (const { name } of objects) {
      if (known.has(name)) continue;
      known.add(name);
      if (ids.has(imageId)) continue;
      if (unsure.has(sha256(await readBytes("raw", name)))) resent++;
      else doubled.push(`${name}: nobody sent it`);
    }
  }
  return { doubled, resent };
}

function byImage(objects: readonly StoredObject[], idOf: (name: string) => string | undefined) {
  return Map.groupBy(objects, ({ name }) => idOf(name) ?? "");
}

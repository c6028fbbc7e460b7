/**
 * Settles erasures: deletes, by one statement, all rows of images that have an `erased` row but that one, and writes the
 * receipts of those whose row was there before; an erasure that has waited too long has its event published again.
 */
import { forEachBounded } from "../concurrency.ts";
import { findName, walkNames } from "../listing.ts";
import type { ImageId } from "../model/image_id.ts";
import {
  ERASURE_FOLDERS,
  type ImageRef,
  processedPrefix,
  rawName,
  readRawName,
  SHARDS,
} from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventPublisher } from "../ports/event_publisher.ts";
import type { ErasedRows } from "../ports/image_rows.ts";
import type { ObjectCreator, ObjectFacts, ObjectLister } from "../ports/object_store.ts";
import { writeReceipt } from "./erase_image.ts";
import { phaseOf, type RetentionPolicy } from "./policy.ts";
import { type ShardOptions, SHARDS_AT_ONCE } from "./shards.ts";

/** What settling needs. */
export interface SettleErasuresPorts {
  readonly raw: ObjectLister;
  readonly erasures: ObjectLister;
  readonly processed: ObjectLister & ObjectCreator;
  readonly rows: ErasedRows;
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly policy: RetentionPolicy;
}

/** What a run did. */
export interface SettledErasures {
  /** Requests that are live. */
  readonly requests: number;
  /** Receipts written by this run. */
  readonly settled: number;
  /** Without a receipt still. */
  readonly waiting: number;
  /** Waiting for longer than an erasure may take. */
  readonly overdue: number;
  /** Events published again by this run. */
  readonly republished: number;
  /** Rows deleted by this run. */
  readonly rows: number;
}

/** An erasure without a receipt. */
interface OpenErasure {
  readonly ref: ImageRef;
  readonly request: ObjectFacts;
  /** Whether something was found to erase. */
  readonly isErasing: boolean;
}

const TOMBSTONES_A_QUESTION = 1_000;
const WRITES_AT_ONCE = 16;

/**
 * Runs once; concurrent calls are safe. Its listings follow what was asked to be erased, and it runs at most one statement
 * that changes rows. Throws `unavailable` where a store cannot be reached: the next run does the rest.
 */
export async function settleErasures(
  ports: SettleErasuresPorts,
  { shards = SHARDS, ...options }: ShardOptions = {},
): Promise<SettledErasures> {
  const { clock, policy } = ports;
  const nowMs = clock.now();
  const found = { requests: 0, erasing: 0, open: [] as OpenErasure[] }; // widened, as it begins empty
  await forEachBounded(shards, SHARDS_AT_ONCE, async (shard) => {
    for await (const { request, isErasing, hasReceipt } of walkErasures(ports, shard, options)) {
      const ref = readRawName(request.name);
      if (ref === null || phaseOf(ref.imageId, policy, nowMs) === "expired") continue;
      found.requests++;
      if (isErasing) found.erasing++;
      if (!hasReceipt) found.open.push({ ref, isErasing, request });
    }
  });
  const ageOf = ({ request }: OpenErasure) => nowMs - request.createdMs;
  const due = found.open.filter((erasure) =>
    erasure.isErasing && ageOf(erasure) >= policy.attemptMs
  );
  const withTombstone = await tombstonesOf(ports, due, options);
  const rows = found.erasing === 0 ? 0 : await ports.rows.removeErased(options);
  const settled = new Set<OpenErasure>();
  await forEachBounded(due, WRITES_AT_ONCE, async (erasure) => {
    const { ref } = erasure;
    if (!withTombstone.has(ref.imageId) || await isAnythingLeft(ports, ref, options)) return;
    await writeReceipt(ports, ref, options);
    settled.add(erasure);
  });
  const waiting = found.open.filter((erasure) => !settled.has(erasure));
  const stuck = waiting.filter((erasure) => ageOf(erasure) >= policy.erasureEventMs);
  if (stuck.length > 0) {
    await ports.events.republish("erasures", stuck.map(({ request }) => request), options);
  }
  return {
    requests: found.requests,
    settled: settled.size,
    waiting: waiting.length,
    overdue: waiting.filter((erasure) => ageOf(erasure) > policy.erasureMs).length,
    republished: stuck.length,
    rows,
  };
}

/** Requests of a shard with what the two folders say of each: three listings in one order, walked side by side. */
async function* walkErasures(
  { erasures, processed }: SettleErasuresPorts,
  shard: string,
  options: CallOptions,
) {
  const prefix = `${shard}/`;
  const erasing = new Cursor(processed, ERASURE_FOLDERS.erasing, { prefix, ...options });
  const receipts = new Cursor(processed, ERASURE_FOLDERS.receipt, { prefix, ...options });
  for await (const request of walkNames(erasures, { prefix, ...options })) {
    const isErasing = await erasing.has(request.name);
    const hasReceipt = await receipts.has(request.name);
    yield { request, isErasing, hasReceipt };
  }
}

/** A listing of names below a folder that is asked for names in ascending order. */
class Cursor {
  readonly #objects: AsyncGenerator<ObjectFacts>;
  readonly #folder: string;
  #name: string | undefined = "";

  constructor(
    lister: ObjectLister,
    folder: string,
    { prefix, ...options }: CallOptions & { readonly prefix: string },
  ) {
    this.#folder = folder;
    this.#objects = walkNames(lister, { prefix: folder + prefix, ...options });
  }

  async has(name: string): Promise<boolean> {
    while (this.#name !== undefined && this.#name < name) {
      const next = await this.#objects.next();
      this.#name = next.done === true ? undefined : next.value.name.slice(this.#folder.length);
    }
    return this.#name === name;
  }
}

async function tombstonesOf(
  { rows }: SettleErasuresPorts,
  erasures: readonly OpenErasure[],
  options: CallOptions,
): Promise<ReadonlySet<ImageId>> {
  const found = new Set<ImageId>();
  for (let from = 0; from < erasures.length; from += TOMBSTONES_A_QUESTION) {
    const ids = erasures.slice(from, from + TOMBSTONES_A_QUESTION).map(({ ref }) => ref.imageId);
    for (const id of await rows.tombstones(ids, options)) found.add(id);
  }
  return found;
}

/** A delivery may have died before it deleted all: a receipt must not say otherwise. */
async function isAnythingLeft(
  { raw, processed }: SettleErasuresPorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<boolean> {
  const [object, made] = await Promise.all([
    findName(raw, rawName(ref), options),
    processed.list({ prefix: processedPrefix(ref), maxResults: 1, ...options }),
  ]);
  return object !== undefined || made.objects.length > 0;
}

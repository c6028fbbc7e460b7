/**
 * BigQuery's rows from the manifests: walk a day's manifests, ask which of their attempts have a row, publish the events of
 * those that have none. A second delivery finds its manifest and publishes the record again, so a second run finds nothing
 * to do; rows of attempts that were followed by another are lost with the table. An erasure that comes meanwhile wins.
 */
import { forEachBounded } from "../concurrency.ts";
import { isAppError } from "../errors.ts";
import { walkNames } from "../listing.ts";
import { type ImageRef, rawName, readProcessedName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { EventObject, EventPublisher } from "../ports/event_publisher.ts";
import type { AttemptFinder, AttemptKey } from "../ports/image_selector.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";
import { phaseOf } from "../retention/policy.ts";
import { dayPrefixes, keptDays } from "../retention/shards.ts";
import { readManifest } from "./commit_manifest.ts";
import type { ProcessImagePorts } from "./process_ports.ts";

/** What rebuilding needs; nothing of it touches pixels. */
export interface RebuildRowsPorts extends Pick<ProcessImagePorts, "policy" | "clock"> {
  readonly processed: ObjectReader & ObjectLister;
  readonly rows: AttemptFinder;
  readonly events: EventPublisher;
}

/** What a rebuild did. */
interface Rebuilt {
  /** Manifests seen. */
  readonly lookedAt: number;
  /** Without a row. */
  readonly missing: number;
  /** Events published: of those that were missing, but for a dry run. */
  readonly published: number;
  /** Missing, behind the write cutoff: no row is written any more. */
  readonly tooLate: number;
  /** Could not be read; the next run tries again. */
  readonly failed: number;
}

/** How to rebuild. */
interface RebuildRowsOptions extends CallOptions {
  /** UTC days of T0, `yyyy-mm-dd`; every day that is kept where none are given. */
  readonly days?: readonly string[] | undefined;
  /** Counts what is missing and publishes nothing. */
  readonly isDryRun?: boolean | undefined;
}

type Tally = { -readonly [Key in keyof Rebuilt]: Rebuilt[Key] };

const MANIFESTS_A_QUESTION = 500;
const IMAGES_AT_ONCE = 16;

/** Publishes the event of every kept manifest that has no row. Throws where a listing, a question or a topic fails. */
export async function rebuildRows(
  ports: RebuildRowsPorts,
  options: RebuildRowsOptions = {},
): Promise<Rebuilt> {
  const tally: Tally = { lookedAt: 0, missing: 0, published: 0, tooLate: 0, failed: 0 };
  for (const day of options.days ?? keptDays(ports.clock.now(), ports.policy.periodMs)) {
    for await (const refs of batchesOfManifests(ports, day, options)) {
      const events = await findMissing(ports, refs, tally, options);
      if (options.isDryRun || events.length === 0) continue;
      await ports.events.republish("raw", events, { signal: options.signal });
      tally.published += events.length;
    }
  }
  return tally;
}

async function* batchesOfManifests(
  { processed }: RebuildRowsPorts,
  day: string,
  { signal }: CallOptions,
): AsyncGenerator<readonly ImageRef[]> {
  let refs: ImageRef[] = [];
  for (const prefix of dayPrefixes(day)) {
    for await (const { name } of walkNames(processed, { prefix, signal })) {
      const named = readProcessedName(name);
      if (named?.kind === "manifest") refs.push(named.ref);
      if (refs.length < MANIFESTS_A_QUESTION) continue;
      yield refs;
      refs = [];
    }
  }
  if (refs.length > 0) yield refs;
}

async function findMissing(
  { processed, rows, policy, clock }: RebuildRowsPorts,
  refs: readonly ImageRef[],
  tally: Tally,
  { signal }: CallOptions,
): Promise<readonly EventObject[]> {
  const keys = await rows.attempts(refs, { signal });
  const there = new Set(keys.map(textOf));
  const missing: EventObject[] = [];
  await forEachBounded(refs, IMAGES_AT_ONCE, async (ref) => {
    signal?.throwIfAborted();
    tally.lookedAt++;
    try {
      const held = await readManifest(processed, ref, { signal });
      if (held === null || there.has(textOf({ ...held.manifest, ref }))) return;
      tally.missing++;
      const isOpen = phaseOf(ref.imageId, policy, clock.now()) === "kept";
      if (isOpen) missing.push({ name: rawName(ref), generation: held.manifest.generation });
      else tally.tooLate++;
    } catch (error) {
      if (signal?.aborted || !isAppError(error)) throw error;
      tally.failed++;
    }
  });
  return missing;
}

function textOf({ ref, generation, attempt, status }: AttemptKey): string {
  return [ref.tenant, ref.owner, ref.imageId, generation, attempt, status].join("/");
}

/**
 * The warehouse's rows from the manifests: walk a day's manifests, ask which of their attempts have a row, append those
 * that have none. A row is made of its manifest alone, so a second run finds nothing to do; rows of attempts that were
 * followed by another are lost with the warehouse. An erasure that comes meanwhile wins.
 */
import { forEachBounded } from "../concurrency.ts";
import { isAppError } from "../errors.ts";
import { walkNames } from "../listing.ts";
import { type ImageRef, readProcessedName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { AttemptFinder, AttemptKey } from "../ports/image_selector.ts";
import { phaseOf } from "../retention/policy.ts";
import { dayPrefixes, keptDays } from "../retention/shards.ts";
import { readManifest } from "./commit_manifest.ts";
import type { ProcessImagePorts } from "./process_ports.ts";
import { type HeldManifest, publishRecord } from "./publish_record.ts";
import { unlessErased } from "./unless_erased.ts";

/** What rebuilding needs; nothing of it touches pixels. */
export interface RebuildRowsPorts extends
  Pick<
    ProcessImagePorts,
    "raw" | "processed" | "erasures" | "records" | "contentKeys" | "hashing" | "policy" | "clock"
  > {
  readonly attempts: AttemptFinder;
}

/** What a rebuild did. */
export interface Rebuilt {
  /** Manifests seen. */
  readonly lookedAt: number;
  /** Without a row. */
  readonly missing: number;
  /** Records published: those that were missing, but for a dry run and for what failed. */
  readonly published: number;
  /** In closing time or beyond: nothing is inserted any more. */
  readonly tooLate: number;
  /** Their owner wants them erased: their row is gone again. */
  readonly erased: number;
  /** Could not be read or published; the next run tries again. */
  readonly failed: number;
}

/** How to rebuild. */
interface RebuildRowsOptions extends CallOptions {
  /** UTC days of T0, `yyyy-mm-dd`; every day that is kept where none are given. */
  readonly days?: readonly string[] | undefined;
  /** Count what is missing and append nothing. */
  readonly isDryRun?: boolean;
  /** Told after each batch. */
  readonly onProgress?: (done: Rebuilt) => void;
}

type Tally = { -readonly [Key in keyof Rebuilt]: Rebuilt[Key] };

const MANIFESTS_A_QUESTION = 500;
const IMAGES_AT_ONCE = 16;

/** Appends the row of every kept manifest that has none. Throws where a listing or a question to the warehouse fails. */
export async function rebuildRows(
  ports: RebuildRowsPorts,
  options: RebuildRowsOptions = {},
): Promise<Rebuilt> {
  const tally: Tally = { lookedAt: 0, missing: 0, published: 0, tooLate: 0, erased: 0, failed: 0 };
  for (const day of options.days ?? keptDays(ports.clock.now(), ports.policy.periodMs)) {
    for await (const refs of batchesOfManifests(ports, day, options)) {
      await rebuildBatch(ports, refs, tally, options);
      options.onProgress?.({ ...tally });
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

async function rebuildBatch(
  ports: RebuildRowsPorts,
  refs: readonly ImageRef[],
  tally: Tally,
  { signal, isDryRun = false }: RebuildRowsOptions,
): Promise<void> {
  const keys = await ports.attempts.attempts(refs, { signal });
  const there = new Set(keys.map(textOf));
  await forEachBounded(refs, IMAGES_AT_ONCE, async (ref) => {
    signal?.throwIfAborted();
    tally.lookedAt++;
    try {
      const held = await readManifest(ports.processed, ref, { signal });
      if (held === null || there.has(textOf({ ...held.manifest, ref }))) return;
      tally.missing++;
      if (isDryRun) return;
      tally[await publishAgain(ports, ref, held, { signal })]++;
    } catch (error) {
      if (signal?.aborted || !isAppError(error)) throw error;
      tally.failed++;
    }
  });
}

async function publishAgain(
  ports: RebuildRowsPorts,
  ref: ImageRef,
  held: HeldManifest,
  options: CallOptions,
): Promise<"published" | "tooLate" | "erased"> {
  if (phaseOf(ref.imageId, ports.policy, ports.clock.now()) !== "kept") return "tooLate";
  const work = async () => {
    await publishRecord(ports, ref, held, options);
    return { outcome: "published" } as const;
  };
  return (await unlessErased(ports, ref, work, options)).outcome;
}

function textOf({ ref, generation, attempt, status }: AttemptKey): string {
  return [ref.tenant, ref.owner, ref.imageId, generation, attempt, status].join("/");
}

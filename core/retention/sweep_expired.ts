/**
 * The sweep: purge what is past its period by the T0 in its name, purge rows, and say in a certificate what was looked at
 * and what is left. Its work may be split over instances, its evidence never is.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { allEnded } from "../concurrency.ts";
import { AppError, isAppError } from "../errors.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { PurgePublisher, RowPurger } from "../ports/image_rows.ts";
import type { ObjectCreator, ObjectReader } from "../ports/object_store.ts";
import type { PlatformSettings } from "../ports/platform_settings.ts";
import { type Certificate, type CertificatePlace, issueCertificate } from "./certificate.ts";
import type { SignBytes } from "./certificate_keys.ts";
import { configuredPlaces, KAFKA_TOPICS } from "./configured_places.ts";
import { observeKafka } from "./kafka_place.ts";
import { observePlaces } from "./platform_places.ts";
import { policyHash } from "./policy.ts";
import type { BucketPurge, Refusal } from "./purge_bucket.ts";
import { partsOf } from "./shards.ts";
import { type SweepPart, sweepPart, type SweepPartPorts, type SweptPart } from "./sweep_part.ts";

/** What sweeping needs. */
export interface SweepPorts extends SweepPartPorts {
  readonly certificates: ObjectReader & ObjectCreator;
  /** Where the bridge leaves what it saw of Kafka. */
  readonly config: Pick<ObjectReader, "read">;
  readonly rows: RowPurger;
  readonly platform: PlatformSettings;
  readonly purges: PurgePublisher;
  readonly hashing: Hashing;
  /** With the certificates' key. */
  readonly sign: SignBytes;
}

/** How to sweep. */
interface SweepOptions extends CallOptions {
  readonly onRefusal?: (refusal: Refusal) => void;
  /** How many parts the work has: the first is swept here. 1 by default. */
  readonly parts?: number;
  /** Has the other parts swept. */
  readonly sweepElsewhere?: SweepPart;
  /** Called for each part that failed or did not report in time, with its shards. */
  readonly onMissing?: (shards: readonly string[], error: unknown) => void;
}

/** How long a part may take to report, as a multiple of its own time. */
const REPORT = 7 / 6;
const BUCKETS = ["raw", "processed", "erasures"] as const;

/**
 * Sweeps once and issues one certificate, also where a part fails or stays silent: it then names the shards that are
 * missing. Concurrent calls are safe. After the policy's `sweepBudgetMs` it looks no further, says in its certificate that
 * it is not complete, and the next one goes on. Nothing goes before its T0 + period by a millisecond, and an object that
 * the store does not let go holds up no other. Throws `unavailable` where BigQuery cannot be reached, after the objects
 * were swept, and the reason of `signal`, by which no certificate is issued.
 */
export async function sweepExpired(
  ports: SweepPorts,
  { onRefusal, onMissing, parts = 1, sweepElsewhere, ...options }: SweepOptions = {},
): Promise<Certificate> {
  const { policy } = ports;
  const nowMs = ports.clock.now();
  const sweepHere: SweepPart = (shards, call) => sweepPart(ports, { shards, onRefusal, ...call });
  const missing: string[] = [];
  const swept: SweptPart[] = [];
  const sweepOne = async (shards: readonly string[], part: number) => {
    const late = AbortSignal.timeout(Math.round(REPORT * policy.sweepBudgetMs));
    const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
    const sweep = part === 0 ? sweepHere : sweepElsewhere ?? sweepHere;
    try {
      swept.push(await sweep(shards, { signal }));
    } catch (error) {
      options.signal?.throwIfAborted();
      missing.push(...shards);
      onMissing?.(shards, error);
    }
  };
  const [rows, places] = await allEnded([
    purgeRows(ports, nowMs, options),
    observePlaces(ports.platform, configuredPlaces(policy), options),
    ...partsOf(parts).map(sweepOne),
  ]);
  options.signal?.throwIfAborted();
  const buckets = BUCKETS.map((name) => [name, sumOf(swept.map((part) => part[name]))] as const);
  const certificate = await issueCertificate(ports, {
    sweptAt: new Date(nowMs).toISOString(),
    complete: missing.length === 0 && buckets.every(([, { complete }]) => complete),
    missingShards: missing.sort(),
    periodMs: policy.periodMs,
    policyHash: await policyHash(ports.hashing, policy),
    places: [
      ...buckets.map(([name, purge]) => placeOfBucket(name, purge)),
      rows,
      ...await Promise.all(
        places.map(({ place }) =>
          place.place === KAFKA_TOPICS
            ? observeKafka(ports.config, { configured: place, nowMs, policy, ...options })
            : place
        ),
      ),
    ],
  }, options);
  await publishCopy(ports, certificate, options);
  return certificate;
}

/** What all parts have done in a bucket. */
function sumOf(purges: readonly BucketPurge[]): BucketPurge {
  const sum = (count: (purge: BucketPurge) => number) =>
    purges.reduce((total, purge) => total + count(purge), 0);
  const oldest = purges.flatMap(({ oldestT0Ms }) => oldestT0Ms ?? []);
  return {
    complete: purges.every(({ complete }) => complete),
    lookedAt: sum(({ lookedAt }) => lookedAt),
    deleted: sum(({ deleted }) => deleted),
    deletedBytes: sum(({ deletedBytes }) => deletedBytes),
    overdue: sum(({ overdue }) => overdue),
    refused: sum(({ refused }) => refused),
    foreign: sum(({ foreign }) => foreign),
    oldestT0Ms: oldest.length === 0 ? null : Math.min(...oldest),
  };
}

/** Two calls, which no budget cuts: a certificate reports rows whenever there is one. */
async function purgeRows(
  { rows, policy }: SweepPorts,
  nowMs: number,
  options: CallOptions,
): Promise<CertificatePlace> {
  const deleted = await rows.purge(nowMs - policy.periodMs, options);
  const census = await rows.census(nowMs - policy.periodMs - policy.graceMs, options);
  const oldest = census.oldestT0Ms;
  return {
    place: "warehouse",
    evidence: "observed",
    bound:
      "rows are deleted by T0 in every sweep, hourly by a scheduled query, and with their partition",
    oldestT0: oldest === undefined ? null : new Date(oldest).toISOString(),
    lookedAt: census.rows,
    deleted,
    deletedBytes: 0,
    overdue: census.overdue,
    foreign: 0,
  };
}

function placeOfBucket(place: string, purge: BucketPurge): CertificatePlace {
  return {
    place,
    evidence: "observed",
    bound: "objects are deleted by the T0 in their name in every sweep, and by lifecycle rules",
    oldestT0: purge.oldestT0Ms === null ? null : new Date(purge.oldestT0Ms).toISOString(),
    lookedAt: purge.lookedAt,
    deleted: purge.deleted,
    deletedBytes: purge.deletedBytes,
    overdue: purge.overdue,
    foreign: purge.foreign,
  };
}

/** The copy serves analysts; the objects are the proof. A copy that fails is a fault of its own, thrown after the proof is there. */
async function publishCopy(
  { purges }: SweepPorts,
  { n, sweptAt, places }: Certificate,
  options: CallOptions,
): Promise<void> {
  const rows = places.map(({ place, evidence, oldestT0, lookedAt, deleted, overdue }) => ({
    certificate: n,
    swept_at: sweptAt,
    store: place,
    evidence,
    oldest_t0: oldestT0,
    looked_at: lookedAt,
    deleted,
    overdue,
  }));
  try {
    await purges.publishPurge(rows, options);
  } catch (cause) {
    if (isAppError(cause) || options.signal?.aborted) throw cause;
    throw new AppError("unavailable", `Cannot publish the copy of certificate ${n}`, { cause });
  }
}

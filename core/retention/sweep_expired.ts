/**
 * The sweep: purge what is past its period by the T0 in its name, purge rows, and say in a certificate what was looked at
 * and what is left.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { allEnded } from "../concurrency.ts";
import { AppError, isAppError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { PurgePublisher, RowPurger } from "../ports/image_rows.ts";
import type { ObjectCreator, ObjectReader } from "../ports/object_store.ts";
import { type Certificate, type CertificatePlace, issueCertificate } from "./certificate.ts";
import { configuredPlaces, KAFKA_TOPICS } from "./configured_places.ts";
import { observeKafka } from "./kafka_place.ts";
import { policyHash, type RetentionPolicy } from "./policy.ts";
import { type BucketPurge, purgeBucket, type PurgeBucketPorts } from "./purge_bucket.ts";

/** What sweeping needs. */
export interface SweepPorts {
  readonly raw: PurgeBucketPorts;
  readonly processed: PurgeBucketPorts;
  readonly erasures: PurgeBucketPorts;
  readonly certificates: ObjectReader & ObjectCreator;
  /** Where the bridge leaves what it saw of Kafka. */
  readonly config: Pick<ObjectReader, "read">;
  readonly rows: RowPurger;
  readonly purges: PurgePublisher;
  readonly hashing: Hashing;
  readonly clock: Clock;
  readonly policy: RetentionPolicy;
}

/** How to sweep. */
interface SweepOptions extends CallOptions {
  /** Told why the first object of a bucket that had to go was refused; the certificate counts all that are left. */
  readonly onRefusal?: (refusal: AppError) => void;
}

/**
 * Sweeps once and issues a certificate. Safe when two run at once. After the policy's `sweepBudgetMs` it looks no
 * further, says in its certificate that it is not complete, and the next one goes on. Nothing goes before its T0 +
 * period by a millisecond, and an object that the store does not let go holds up no other. Throws `unavailable` where a
 * store cannot be reached, after the others were swept, and the reason of `signal`, by which no certificate is issued.
 */
export async function sweepExpired(
  ports: SweepPorts,
  { onRefusal, ...options }: SweepOptions = {},
): Promise<Certificate> {
  const { policy } = ports;
  const nowMs = ports.clock.now();
  const budget = AbortSignal.timeout(policy.sweepBudgetMs);
  const signal = options.signal === undefined ? budget : AbortSignal.any([budget, options.signal]);
  const bounds = { nowMs, policy, signal };
  const [raw, processed, erasures, rows] = await allEnded([
    purgeBucket(ports.raw, { ...bounds, bucket: "raw" }),
    purgeBucket(ports.processed, { ...bounds, bucket: "processed" }),
    purgeBucket(ports.erasures, { ...bounds, bucket: "erasures" }),
    purgeRows(ports, nowMs, options),
  ]);
  options.signal?.throwIfAborted();
  const buckets = { raw, processed, erasures };
  for (const { refusal } of Object.values(buckets)) if (refusal !== undefined) onRefusal?.(refusal);
  const certificate = await issueCertificate(ports, {
    sweptAt: new Date(nowMs).toISOString(),
    complete: Object.values(buckets).every(({ complete }) => complete),
    periodMs: policy.periodMs,
    policyHash: await policyHash(ports.hashing, policy),
    places: [
      ...Object.entries(buckets).map(([name, purge]) => placeOfBucket(name, purge)),
      rows,
      ...await Promise.all(
        configuredPlaces(policy).map((configured) =>
          configured.place === KAFKA_TOPICS
            ? observeKafka(ports.config, { configured, nowMs, policy, ...options })
            : configured
        ),
      ),
    ],
  }, options);
  await publishCopy(ports, certificate, options);
  return certificate;
}

/** Two calls, which no budget cuts: a certificate tells of rows whenever there is one. */
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
    oldestT0: purge.oldestT0Ms === undefined ? null : new Date(purge.oldestT0Ms).toISOString(),
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

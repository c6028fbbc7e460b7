/**
 * The sweep: purge what is past its period by the T0 in its name, purge rows, run every live marker again,
 * and say in a certificate what was looked at and what is left.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { allEnded } from "../concurrency.ts";
import { AppError, isAppError } from "../errors.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { ObjectCreator, ObjectReader } from "../ports/object_store.ts";
import type { RowFinder, RowPurger, RowRemoval } from "../ports/row_sink.ts";
import { type Certificate, type CertificatePlace, issueCertificate } from "./certificate.ts";
import { configuredPlaces } from "./configured_places.ts";
import type { EraseImagePorts } from "./erase_image.ts";
import { policyHash, type RetentionPolicy } from "./policy.ts";
import { type BucketPurge, purgeBucket, type PurgeBucketPorts } from "./purge_bucket.ts";
import { runMarkers } from "./run_markers.ts";

/** What sweeping needs. */
export interface SweepPorts extends EraseImagePorts {
  readonly raw: EraseImagePorts["raw"] & PurgeBucketPorts;
  readonly rows: EraseImagePorts["rows"] & RowFinder & RowPurger;
  readonly certificates: ObjectReader & ObjectCreator;
  readonly hashing: Hashing;
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
  const [{ markers, areAllRun }, raw, processed, rows] = await allEnded([
    runMarkers(ports, bounds),
    purgeBucket(ports.raw, { ...bounds, bucket: "raw" }),
    purgeBucket(ports.processed, { ...bounds, bucket: "processed" }),
    purgeRows(ports, nowMs, options),
  ]);
  options.signal?.throwIfAborted();
  for (const { refusal } of [raw, processed]) if (refusal !== undefined) onRefusal?.(refusal);
  const certificate = await issueCertificate(ports, {
    sweptAt: new Date(nowMs).toISOString(),
    complete: areAllRun && raw.complete && processed.complete,
    periodMs: policy.periodMs,
    policyHash: await policyHash(ports.hashing, policy),
    markers,
    places: [
      placeOfBucket("raw", raw),
      placeOfBucket("processed", processed),
      rows,
      ...configuredPlaces(policy),
    ],
  }, options);
  await copyToWarehouse(ports, certificate, options);
  return certificate;
}

/** Two calls, which no budget cuts: a certificate tells of rows whenever there is one. */
async function purgeRows(
  { rows, policy }: SweepPorts,
  nowMs: number,
  options: CallOptions,
): Promise<CertificatePlace> {
  const removal: RowRemoval = await rows.purge(nowMs - policy.periodMs, options);
  const census = await rows.census(nowMs - policy.periodMs - policy.graceMs, options);
  const oldest = census.oldestT0Ms;
  return {
    place: "warehouse",
    evidence: "observed",
    bound:
      "rows are deleted by T0 in every sweep, hourly by a scheduled query, and with their partition",
    oldestT0: oldest === undefined ? null : new Date(oldest).toISOString(),
    lookedAt: census.rows,
    deleted: removal.state === "removed" ? removal.rows : 0,
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

/** The copy serves analysts; the objects are the proof. A copy that fails is a fault of its own, told after the proof stands. */
async function copyToWarehouse(
  { rows }: SweepPorts,
  certificate: Certificate,
  options: CallOptions,
): Promise<void> {
  const lines = certificate.places.map((place) => ({
    certificate: certificate.n,
    sweptAtMs: Date.parse(certificate.sweptAt),
    store: place.place,
    evidence: place.evidence,
    oldestT0Ms: place.oldestT0 === null ? undefined : Date.parse(place.oldestT0),
    lookedAt: place.lookedAt,
    deleted: place.deleted,
    overdue: place.overdue,
  }));
  try {
    await rows.recordPurge(lines, options);
  } catch (cause) {
    if (isAppError(cause) || options.signal?.aborted) throw cause;
    throw new AppError("unavailable", `Cannot copy certificate ${certificate.n} to the warehouse`, {
      cause,
    });
  }
}

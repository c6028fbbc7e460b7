/**
 * The sweep: purge what is past its period by the T0 in its name, purge rows, run every live marker again,
 * and say in a certificate what was looked at and what is left.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { allEnded, forEachBounded, untilCut } from "../concurrency.ts";
import { AppError, isAppError } from "../errors.ts";
import {
  dayOf,
  type ImageRef,
  readRawBucketName,
  TOP_LEVEL_FOLDERS,
} from "../model/object_name.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { ObjectCreator, ObjectReader } from "../ports/object_store.ts";
import type { RowPurger, RowRemoval } from "../ports/row_sink.ts";
import { type Certificate, type CertificatePlace, issueCertificate } from "./certificate.ts";
import { configuredPlaces } from "./configured_places.ts";
import { eraseImage, type EraseImagePorts } from "./erase_image.ts";
import type { RetentionPolicy } from "./policy.ts";
import { type BucketPurge, purgeBucket, type PurgeBucketPorts } from "./purge_bucket.ts";
import { listDays, walkNames } from "./walk_names.ts";

/** What sweeping needs. */
export interface SweepPorts extends EraseImagePorts {
  readonly raw: EraseImagePorts["raw"] & PurgeBucketPorts;
  readonly rows: EraseImagePorts["rows"] & RowPurger;
  readonly certificates: ObjectReader & ObjectCreator;
  readonly hashing: Hashing;
  readonly policy: RetentionPolicy;
}

/** What happened to the markers that are still live. */
type MarkerRun = Certificate["markers"];

const ERASURES_AT_ONCE = 8;
const MARKER_FOLDER = TOP_LEVEL_FOLDERS[0];

/**
 * Sweeps once and issues a certificate. Safe when two run at once. One that is cut by `signal` says so in its
 * certificate and goes on in the next. Nothing goes before its T0 + period by a millisecond.
 * Throws `unavailable` where a store cannot be reached, after the others were swept.
 */
export async function sweepExpired(
  ports: SweepPorts,
  options: CallOptions = {},
): Promise<Certificate> {
  const { policy } = ports;
  const nowMs = ports.clock.now();
  const bounds = { nowMs, policy, signal: options.signal };
  const { markers, areAllRun } = await runMarkers(ports, bounds);
  const [raw, processed, rows] = await allEnded([
    purgeBucket(ports.raw, { ...bounds, bucket: "raw" }),
    purgeBucket(ports.processed, { ...bounds, bucket: "processed" }),
    purgeRows(ports, nowMs),
  ]);
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
  });
  await copyToWarehouse(ports, certificate);
  return certificate;
}

/** SHA-256 of the policy's JSON with its keys in order. */
export async function policyHash(hashing: Hashing, policy: RetentionPolicy): Promise<string> {
  const sorted = Object.entries(policy).sort(([a], [b]) => a < b ? -1 : 1);
  return await hashing.sha256(new TextEncoder().encode(JSON.stringify(Object.fromEntries(sorted))));
}

async function runMarkers(
  ports: SweepPorts,
  { nowMs, policy, signal }: {
    nowMs: number;
    policy: RetentionPolicy;
    signal: AbortSignal | undefined;
  },
): Promise<{ readonly markers: MarkerRun; readonly areAllRun: boolean }> {
  const markers = { live: 0, erased: 0, waiting: 0 };
  const expiredDay = dayOf(nowMs - policy.periodMs);
  const areAllRun = await untilCut(signal, async () => {
    const { days } = await listDays(ports.raw, { root: MARKER_FOLDER, signal });
    for (const { day, prefix } of days) {
      if (day < expiredDay) continue;
      await forEachBounded(
        walkNames(ports.raw, { prefix, signal }),
        ERASURES_AT_ONCE,
        async ({ name }) => {
          const named = readRawBucketName(name);
          if (named?.kind !== "marker") return;
          markers.live++;
          markers[await runMarker(ports, named.ref, { signal })]++;
        },
      );
    }
  });
  return { markers, areAllRun };
}

/** A store that cannot be reached leaves the marker waiting for the next sweep, and must not hold up the purge. */
async function runMarker(
  ports: SweepPorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<"erased" | "waiting"> {
  try {
    const { state } = await eraseImage(ports, ref, options);
    return state === "erased" ? "erased" : "waiting";
  } catch (error) {
    if (isAppError(error)) return "waiting";
    throw error;
  }
}

/** Two calls, which are not cut: a certificate tells of rows whenever there is one. */
async function purgeRows({ rows, policy }: SweepPorts, nowMs: number): Promise<CertificatePlace> {
  const removal: RowRemoval = await rows.purge(nowMs - policy.periodMs);
  const census = await rows.census();
  const oldest = census.oldestT0Ms;
  const isOverdue = oldest !== undefined && oldest + policy.periodMs + policy.graceMs < nowMs;
  return {
    place: "warehouse",
    evidence: "observed",
    bound:
      "rows are deleted by T0 in every sweep, hourly by a scheduled query, and with their partition",
    oldestT0: oldest === undefined ? null : new Date(oldest).toISOString(),
    lookedAt: census.rows,
    deleted: removal.state === "removed" ? removal.rows : 0,
    deletedBytes: 0,
    overdue: isOverdue ? 1 : 0,
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
async function copyToWarehouse({ rows }: SweepPorts, certificate: Certificate): Promise<void> {
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
    await rows.recordPurge(lines);
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw new AppError("unavailable", `Cannot copy certificate ${certificate.n} to the warehouse`, {
      cause,
    });
  }
}

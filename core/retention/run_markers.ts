/**
 * Runs the erasures whose markers are live again: what is already gone is only looked at, one question to the warehouse
 * for a thousand images; whatever a lost delivery or a crash left behind is erased.
 */
import { forEachBounded, untilCut } from "../concurrency.ts";
import { isAppError } from "../errors.ts";
import { findName, walkNames } from "../listing.ts";
import {
  dayOf,
  type ImageRef,
  markerName,
  type ObjectName,
  processedPrefix,
  rawName,
  readRawBucketName,
  receiptName,
  TOP_LEVEL_FOLDERS,
} from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import type { RowFinder } from "../ports/row_sink.ts";
import type { Certificate } from "./certificate.ts";
import { eraseImage, type EraseImagePorts } from "./erase_image.ts";
import { isFarAhead, phaseOf, type RetentionPolicy } from "./policy.ts";
import { listDays } from "./day_folders.ts";

/** What running markers needs. */
interface RunMarkersPorts extends EraseImagePorts {
  readonly raw: EraseImagePorts["raw"] & ObjectLister;
  readonly rows: EraseImagePorts["rows"] & RowFinder;
}

/** What a run goes by: milliseconds since the epoch, the policy, and the signal that cuts it. */
interface Bounds extends CallOptions {
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
}

const ERASURES_AT_ONCE = 8;
/** What a warehouse's question may be about at most. */
const MARKERS_A_QUESTION = 1_000;
const MARKER_FOLDER = TOP_LEVEL_FOLDERS[0];

/**
 * Erases again every image whose marker is there and whose period is not over. `areAllRun` is false where the signal
 * cut it. A store that cannot be reached leaves its markers waiting for the next sweep, and must not hold up the purge.
 */
export async function runMarkers(
  ports: RunMarkersPorts,
  bounds: Bounds,
): Promise<{ readonly markers: Certificate["markers"]; readonly areAllRun: boolean }> {
  const markers = { live: 0, erased: 0, waiting: 0 };
  const areAllRun = await untilCut(bounds.signal, async () => {
    for await (const refs of batchesOf(liveMarkers(ports, bounds), MARKERS_A_QUESTION)) {
      const withRows = await imagesWithRows(ports, refs, bounds);
      markers.live += refs.length;
      await forEachBounded(refs, ERASURES_AT_ONCE, async (ref) => {
        markers[await runMarker(ports, ref, withRows.has(markerName(ref)), bounds)]++;
      });
    }
  });
  return { markers, areAllRun };
}

/** What is over is purged, its marker with it: a receipt would come too late. */
async function* liveMarkers(
  { raw }: RunMarkersPorts,
  { nowMs, policy, signal }: Bounds,
): AsyncIterable<ImageRef> {
  const expiredDay = dayOf(nowMs - policy.periodMs);
  const { days } = await listDays(raw, MARKER_FOLDER, { signal });
  for (const { prefix } of days.filter(({ day }) => day >= expiredDay)) {
    for await (const { name } of walkNames(raw, { prefix, signal })) {
      const named = readRawBucketName(name);
      if (named?.kind !== "marker") continue;
      const { imageId } = named.ref;
      if (isFarAhead(imageId, nowMs) || phaseOf(imageId, policy, nowMs) === "expired") continue;
      yield named.ref;
    }
  }
}

/** Their markers; all of them where the warehouse does not answer: each erasure then asks for itself. */
async function imagesWithRows(
  { rows }: RunMarkersPorts,
  refs: readonly ImageRef[],
  { signal }: Bounds,
): Promise<ReadonlySet<ObjectName>> {
  try {
    return new Set((await rows.held(refs, { signal })).map(markerName));
  } catch (error) {
    if (isAppError(error)) return new Set(refs.map(markerName));
    throw error;
  }
}

async function runMarker(
  ports: RunMarkersPorts,
  ref: ImageRef,
  hasRows: boolean,
  { signal }: CallOptions,
): Promise<"erased" | "waiting"> {
  try {
    if (!hasRows && await isGone(ports, ref, { signal })) return "erased";
    const { state } = await eraseImage(ports, ref, { signal });
    return state === "erased" ? "erased" : "waiting";
  } catch (error) {
    if (isAppError(error)) return "waiting";
    throw error;
  }
}

/** Whether an earlier run has written the receipt, and nothing of the image has come back since. */
async function isGone(
  { raw, processed }: RunMarkersPorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<boolean> {
  if (await findName(processed, receiptName(ref), options) === undefined) return false;
  if (await raw.stat(rawName(ref), options) !== null) return false;
  for await (const _left of walkNames(processed, { prefix: processedPrefix(ref), ...options })) {
    return false;
  }
  return true;
}

async function* batchesOf<T>(items: AsyncIterable<T>, size: number): AsyncIterable<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

import { forEachBounded, untilCut } from "../concurrency.ts";
import { isAppError } from "../errors.ts";
import {
  dayOf,
  type ImageRef,
  readRawBucketName,
  TOP_LEVEL_FOLDERS,
} from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import type { Certificate } from "./certificate.ts";
import { eraseImage, type EraseImagePorts } from "./erase_image.ts";
import { phaseOf, type RetentionPolicy } from "./policy.ts";
import { listDays, walkNames } from "./walk_names.ts";

/** What running markers needs. */
export interface RunMarkersPorts extends EraseImagePorts {
  readonly raw: EraseImagePorts["raw"] & ObjectLister;
}

/** What happened to the markers that are still live. */
export type MarkerRun = Certificate["markers"];

const ERASURES_AT_ONCE = 8;
const MARKER_FOLDER = TOP_LEVEL_FOLDERS[0];

/**
 * Erases again every image whose marker is there and whose period is not over, so that whatever a lost delivery or a
 * crash left behind goes too. `areAllRun` is false where the signal cut it.
 */
export async function runMarkers(
  ports: RunMarkersPorts,
  { nowMs, policy, signal }: {
    nowMs: number;
    policy: RetentionPolicy;
    signal?: AbortSignal | undefined;
  },
): Promise<{ readonly markers: MarkerRun; readonly areAllRun: boolean }> {
  const markers = { live: 0, erased: 0, waiting: 0 };
  const expiredDay = dayOf(nowMs - policy.periodMs);
  const areAllRun = await untilCut(signal, async () => {
    const { days } = await listDays(ports.raw, { root: MARKER_FOLDER, signal });
    for (const { prefix } of days.filter(({ day }) => day >= expiredDay)) {
      await forEachBounded(
        walkNames(ports.raw, { prefix, signal }),
        ERASURES_AT_ONCE,
        async ({ name }) => {
          const named = readRawBucketName(name);
          if (named?.kind !== "marker") return;
          // What is over is purged, its marker with it: a receipt would come too late.
          if (phaseOf(named.ref.imageId, policy, nowMs) === "expired") return;
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
  ports: RunMarkersPorts,
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

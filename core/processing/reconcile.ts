/**
 * Finds raw objects that no delivery brought to an end (a lost event, a crash on the last attempt, an expired message)
 * and processes them: both buckets' listings of a day are walked side by side, as their names sort alike.
 */
import { forEachBounded } from "../concurrency.ts";
import { isAppError } from "../errors.ts";
import { keptDays } from "../retention/day_folders.ts";
import { walkNames } from "../listing.ts";
import { readProcessedBucketName, readRawBucketName } from "../model/object_name.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { processImage } from "./process_image.ts";
import type { ProcessImagePorts } from "./process_ports.ts";

/** What a run of reconcile did. */
interface Reconciliation {
  /** Raw objects seen. */
  readonly lookedAt: number;
  /** Without a final manifest though old enough: brought to an end now. */
  readonly processed: number;
  /** Could not be brought to an end; the next run tries again. */
  readonly failed: number;
}

const IMAGES_AT_ONCE = 4;

/**
 * Processes every kept raw object older than the policy's `reconcileAfterMs` that has no final manifest. A fault of the
 * program is thrown when the walk is over, so that the image that meets it holds up no other.
 */
export async function reconcile(
  ports: ProcessImagePorts,
  options: CallOptions = {},
): Promise<Reconciliation> {
  const tally = { lookedAt: 0, processed: 0, failed: 0 };
  const faults: unknown[] = [];
  const nowMs = ports.clock.now();
  const dueMs = nowMs - ports.policy.reconcileAfterMs;
  for (const day of keptDays(nowMs, ports.policy.periodMs)) {
    const open = openImages(ports, { prefix: `${day}/`, dueMs, tally, ...options });
    await forEachBounded(open, IMAGES_AT_ONCE, async ({ name }) => {
      try {
        await processImage(ports, { objectName: name, attempt: 1 }, options);
        tally.processed++;
      } catch (error) {
        if (options.signal?.aborted) throw error;
        if (!isAppError(error)) faults.push(error);
        tally.failed++;
      }
    });
  }
  if (faults.length > 0) throw faults[0];
  return tally;
}

/** A day's folder, by when images must have been created to be due, and where those that are seen are counted. */
interface OpenImagesOptions extends CallOptions {
  readonly prefix: string;
  readonly dueMs: number;
  readonly tally: { lookedAt: number };
}

async function* openImages(
  { raw, processed }: Pick<ProcessImagePorts, "raw" | "processed">,
  { prefix, dueMs, tally, ...options }: OpenImagesOptions,
): AsyncGenerator<ObjectFacts> {
  const manifests = walkManifests(processed, prefix, options);
  let manifest = await manifests.next();
  for await (const object of walkNames(raw, { prefix, ...options })) {
    if (readRawBucketName(object.name)?.kind !== "raw") continue;
    tally.lookedAt++;
    while (!manifest.done && manifest.value.image < object.name) manifest = await manifests.next();
    const isEnded = !manifest.done && manifest.value.image === object.name &&
      manifest.value.isFinal;
    if (!isEnded && object.createdMs <= dueMs) yield object;
  }
}

async function* walkManifests(
  processed: ObjectLister,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<{ readonly image: string; readonly isFinal: boolean }> {
  for await (const { name, metadata } of walkNames(processed, { prefix, ...options })) {
    if (readProcessedBucketName(name)?.kind !== "manifest") continue;
    const status = metadata["status"];
    yield {
      image: name.slice(0, name.lastIndexOf("/")),
      isFinal: status === "ready" || status === "rejected",
    };
  }
}

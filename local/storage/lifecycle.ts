import lifecycle from "../../infra/retention/lifecycle.json" with { type: "json" };
import { StorageFailure } from "./failures.ts";
import type { LocalObjects } from "./local_objects.ts";
import type { LifecycleRule, ObjectRecord } from "./object_record.ts";
import type { StorageParts } from "./parts.ts";

const DAY_MS = 86_400_000;

/** The rules of buckets that hold images: the backstop of the retention policy. */
export const DEFAULT_LIFECYCLE: readonly LifecycleRule[] = lifecycle.rule;

/** Applies every bucket's `Delete` rules as if it were `nowMs`, on demand only; returns how many objects went, by bucket. */
export async function applyLifecycle(
  { database, objects }: Pick<StorageParts, "database" | "objects">,
  nowMs: number,
): Promise<Readonly<Record<string, number>>> {
  const deleted: Record<string, number> = {};
  for (const { name: bucket, lifecycle } of database.buckets()) {
    deleted[bucket] = 0;
    const rules = lifecycle.filter(({ action }) => action.type === "Delete");
    for (const object of database.allObjects(bucket)) {
      if (!rules.some((rule) => matches(rule, object, nowMs))) continue;
      if (await removeIfUnchanged(objects, object)) deleted[bucket] += 1;
    }
  }
  return deleted;
}

async function removeIfUnchanged(objects: LocalObjects, object: ObjectRecord): Promise<boolean> {
  const { bucket, name, generation } = object;
  try {
    await objects.remove({ bucket, name, generation, preconditions: {}, isLifecycle: true });
    return true;
  } catch (error) {
    if (error instanceof StorageFailure) return false;
    throw error;
  }
}

/** Whether all conditions of a rule hold; one that is not known here never does. */
function matches({ condition }: LifecycleRule, object: ObjectRecord, nowMs: number): boolean {
  const { age, daysSinceCustomTime, ...unknown } = condition;
  const waits = [
    { sinceMs: object.createdMs, days: age },
    { sinceMs: Date.parse(object.customTime ?? ""), days: daysSinceCustomTime },
  ].flatMap(({ sinceMs, days }) => days === undefined ? [] : [sinceMs + days * DAY_MS]);
  const isKnown = waits.length > 0 && Object.keys(unknown).length === 0;
  return isKnown && waits.every((untilMs) => nowMs >= untilMs);
}

/**
 * Finds raw objects that no delivery brought to an end (a lost event, a crash on the last attempt, an expired message) and
 * objects beside an erasure request, and publishes their events again. Raw names and manifests of a shard's day are walked
 * side by side, as their names sort alike.
 */
import { forEachBounded } from "../concurrency.ts";
import { walkNames } from "../listing.ts";
import { readProcessedName, readRawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventPublisher } from "../ports/event_publisher.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";
import type { RetentionPolicy } from "./policy.ts";
import { dayPrefixes, keptDays, type ShardOptions, SHARDS_AT_ONCE } from "./shards.ts";

/** What repair needs: it looks and publishes, and reads no image. */
export interface RepairPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly policy: RetentionPolicy;
}

/** What a run of repair did. */
export interface Repaired {
  /** Raw objects seen. */
  readonly lookedAt: number;
  /** Without a final manifest though old enough: their events were published again. */
  readonly republished: number;
}

/** Publishes the event of every kept raw object again that is older than `repairAfterMs` and has no final manifest. */
export async function repairImages(
  ports: RepairPorts,
  { shards, ...options }: ShardOptions = {},
): Promise<Repaired> {
  const tally = { lookedAt: 0, republished: 0 };
  const nowMs = ports.clock.now();
  const dueMs = nowMs - ports.policy.repairAfterMs;
  const prefixes = keptDays(nowMs, ports.policy.periodMs).flatMap((day) =>
    dayPrefixes(day, shards)
  );
  await forEachBounded(prefixes, SHARDS_AT_ONCE, async (prefix) => {
    for await (const { object, isFinal } of walkImages(ports, prefix, options)) {
      tally.lookedAt++;
      if (isFinal || object.createdMs > dueMs) continue;
      await ports.events.republish("raw", object, options);
      tally.republished++;
    }
  });
  return tally;
}

/** The raw objects of a folder, each with whether its manifest is final. */
async function* walkImages(
  { raw, processed }: Pick<RepairPorts, "raw" | "processed">,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<{ readonly object: ObjectFacts; readonly isFinal: boolean }> {
  const manifests = finalManifests(processed, prefix, options);
  let manifest = await manifests.next();
  for await (const object of walkNames(raw, { prefix, ...options })) {
    if (readRawName(object.name) === null) continue;
    while (!manifest.done && manifest.value < object.name) manifest = await manifests.next();
    yield { object, isFinal: !manifest.done && manifest.value === object.name };
  }
}

/** The raw names of a folder's final manifests. */
async function* finalManifests(
  processed: ObjectLister,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<string> {
  for await (const { name, metadata } of walkNames(processed, { prefix, ...options })) {
    if (readProcessedName(name)?.kind !== "manifest") continue;
    const status = metadata["status"];
    if (status === "ready" || status === "rejected") yield name.slice(0, name.lastIndexOf("/"));
  }
}

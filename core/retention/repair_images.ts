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
  readonly erasures: ObjectLister;
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
  /** Requests beside which an object lies, both old enough: their events were published again. */
  readonly survived: number;
}

/**
 * Publishes the event of every kept raw object again that is older than `repairAfterMs` and has no final manifest, and of
 * every erasure request beside which an object is as old.
 */
export async function repairImages(
  ports: RepairPorts,
  { shards, ...options }: ShardOptions = {},
): Promise<Repaired> {
  const tally = { lookedAt: 0, republished: 0, survived: 0 };
  const nowMs = ports.clock.now();
  const dueMs = nowMs - ports.policy.repairAfterMs;
  const prefixes = keptDays(nowMs, ports.policy.periodMs).flatMap((day) =>
    dayPrefixes(day, shards)
  );
  await forEachBounded(prefixes, SHARDS_AT_ONCE, async (prefix) => {
    const found = await lookInto(ports, { prefix, dueMs, ...options });
    tally.lookedAt += found.lookedAt;
    for (const object of found.open) {
      await ports.events.republish("raw", object, options);
      tally.republished++;
    }
    for (const request of found.survived) {
      await ports.events.republish("erasures", request, options);
      tally.survived++;
    }
  });
  return tally;
}

/** Which folder, and when an object must have been complete for its event to be published again. */
interface Folder extends CallOptions {
  readonly prefix: string;
  readonly dueMs: number;
}

async function lookInto(
  { raw, processed, erasures }: RepairPorts,
  { dueMs, ...query }: Folder,
) {
  const requests = new Map<string, ObjectFacts>();
  for await (const request of walkNames(erasures, query)) {
    if (request.createdMs <= dueMs) requests.set(request.name, request);
  }
  const survived = new Set<ObjectFacts>();
  const isErased = ({ createdMs }: ObjectFacts, name: string): boolean => {
    const request = createdMs <= dueMs ? requests.get(name) : undefined;
    if (request !== undefined) survived.add(request);
    return request !== undefined;
  };
  const open: ObjectFacts[] = [];
  let lookedAt = 0;
  const manifests = finalManifests(walkNames(processed, query), isErased);
  let manifest = await manifests.next();
  for await (const object of walkNames(raw, query)) {
    if (readRawName(object.name) === null) continue;
    lookedAt++;
    while (!manifest.done && manifest.value < object.name) manifest = await manifests.next();
    const isFinal = !manifest.done && manifest.value === object.name;
    if (isErased(object, object.name) || isFinal || object.createdMs > dueMs) continue;
    open.push(object);
  }
  while (requests.size > 0 && !manifest.done) manifest = await manifests.next();
  return { lookedAt, open, survived };
}

/** The raw names of a folder's final manifests; `see` is called with every object on the way. */
async function* finalManifests(
  objects: AsyncIterable<ObjectFacts>,
  see: (object: ObjectFacts, rawName: string) => void,
): AsyncGenerator<string> {
  for await (const object of objects) {
    const rawName = object.name.slice(0, object.name.lastIndexOf("/"));
    see(object, rawName);
    if (readProcessedName(object.name)?.kind !== "manifest") continue;
    const status = object.metadata["status"];
    if (status === "ready" || status === "rejected") yield rawName;
  }
}

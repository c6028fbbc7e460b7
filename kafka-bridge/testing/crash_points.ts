/** Where a bridge may die, found by wrapping what it calls: production code knows nothing of it. */
import type { ObjectBody } from "@tintype/core/ports/object_store";
import type { BridgeAdapters } from "../adapters/open_adapters.ts";
import type { PartitionLease } from "../ports.ts";

/** The points of a record's way at which a process may die; each has its crash in the tests. */
export const CRASH_POINTS = [
  "fetched",
  "before_create",
  "created",
  "before_commit",
  "refusing",
  "refused",
  "publishing",
  "published",
  "rebalancing",
  "assembling",
] as const;

/**
 * Where a record is: fetched and not begun; about to be created; created and not known to be durable; durable and not
 * committed; about to be a dead letter; a dead letter and not known to be one, or not published as one; published and not known to be; the group moves on; a chunk of several is
 * stored.
 */
export type CrashPoint = typeof CRASH_POINTS[number];

/** These adapters, which call `onCrashPoint` at every point. */
export function withCrashPoints(
  adapters: BridgeAdapters,
  onCrashPoint: (point: CrashPoint) => void,
): BridgeAdapters {
  const { creator, deadLetters, records, openSource } = adapters;
  const leaseOf = leaseWrapper(() => onCrashPoint("before_commit"));
  return {
    ...adapters,
    creator: {
      async create(name, body, options) {
        onCrashPoint("before_create");
        const watched = watchChunks(body, () => onCrashPoint("assembling"));
        const outcome = await creator.create(name, watched, options);
        onCrashPoint("created");
        return outcome;
      },
    },
    deadLetters: {
      ...deadLetters,
      async send(letter) {
        onCrashPoint("refusing");
        await deadLetters.send(letter);
        onCrashPoint("refused");
      },
    },
    records: {
      async publish(record, options) {
        onCrashPoint("publishing");
        await records.publish(record, options);
        onCrashPoint("published");
      },
    },
    openSource(options) {
      const onRebalancing = () => {
        onCrashPoint("rebalancing");
        options.onRebalancing();
      };
      const source = openSource({ ...options, onRebalancing });
      const run: typeof source.run = (handler) =>
        source.run((fetched) => {
          for (const _record of fetched.records) onCrashPoint("fetched");
          handler({ ...fetched, lease: leaseOf(fetched.lease) });
        });
      return { ...source, run };
    },
  };
}

/** Wraps each lease once, as the bridge knows a partition by its lease. */
function leaseWrapper(beforeCommit: () => void): (lease: PartitionLease) => PartitionLease {
  const wrapped = new WeakMap<PartitionLease, PartitionLease>();
  return (lease) => {
    const known = wrapped.get(lease);
    if (known !== undefined) return known;
    const commit: PartitionLease["commit"] = async (...call) => {
      beforeCommit();
      await lease.commit(...call);
    };
    const made = { ...lease, commit };
    wrapped.set(lease, made);
    return made;
  };
}

/** The same body; `onNext` is called before each chunk of a set but the first is handed over. */
function watchChunks(body: ObjectBody, onNext: () => void): ObjectBody {
  if (!(body instanceof ReadableStream)) return body;
  let isFirst = true;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (!isFirst) onNext();
        isFirst = false;
        controller.enqueue(chunk);
      },
    }),
  );
}

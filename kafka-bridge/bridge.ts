/**
 * The Kafka door: `bridge.ts` walks a fetch, `make_durable.ts` tries a record until it is an object or a dead letter
 * (`admit_record.ts`), `watch_fetch.ts` keeps the membership and commits what `offset_tracker.ts` finds durable.
 * Whoever retries is in here, as the records behind must wait anyway; what dies with the process Kafka delivers again.
 */
import { allEnded } from "@tintype/core/concurrency";
import type { ByteBudget } from "./byte_budget.ts";
import { makeDurable, type MakeDurablePorts } from "./make_durable.ts";
import { OffsetTracker } from "./offset_tracker.ts";
import type { PartitionFetch } from "./ports.ts";
import { commitDurable, DEFAULT_PACE, type Pace, watchFetch } from "./watch_fetch.ts";

/** What the bridge needs. */
export interface BridgePorts extends MakeDurablePorts {
  readonly budget: ByteBudget;
  /** How often it beats, commits and tries again; the default where none is given. */
  readonly pace?: Pace;
}

const RECORDS_AT_ONCE = 16;

/**
 * Handles one partition's fetch: uploads side by side within the budget, commits by time and at the end, never beyond
 * what is durable. Stops early, with what is durable committed, when the consumer ends.
 * Throws when the membership is lost or the last commit is not taken; the records from the last commit on come again.
 */
export async function handleFetch(ports: BridgePorts, fetched: PartitionFetch): Promise<void> {
  const pace = ports.pace ?? DEFAULT_PACE;
  const tracker = new OffsetTracker();
  for (const { offset } of fetched.records) tracker.begin(offset);
  const watch = watchFetch(fetched, tracker, pace);
  const queue = fetched.records.values();
  const work = async () => {
    for (const record of queue) {
      const giveBack = await ports.budget.take(record.value?.byteLength ?? 0);
      try {
        if (watch.stopping.aborted || fetched.shouldStop()) return;
        const { stopping } = watch;
        if (await makeDurable(ports, record, { stopping, pace })) tracker.end(record.offset);
      } catch (error) {
        watch.stop(error);
      } finally {
        giveBack();
      }
    }
  };
  const workers = Array.from({ length: RECORDS_AT_ONCE }, work);
  await Promise.race([allEnded(workers), watch.graceOver]);
  await watch.end();
  if (watch.failure === undefined) return await commitDurable(fetched, tracker);
  await commitDurable(fetched, tracker).catch(() => undefined); // The failure says more.
  throw watch.failure.reason;
}

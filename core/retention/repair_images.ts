/**
 * Repair: what no delivery brought to an end has its event published again. Failed images are found by their rows; images
 * without a manifest (a lost event, an expired message) and objects beside an erasure request by names, a shard at a time.
 * Nothing is published while its event may still wait in a queue.
 */
import { forEachBounded } from "../concurrency.ts";
import { dayPrefix, SHARDS } from "../model/object_name.ts";
import { dayOf } from "../model/utc_day.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventQueues } from "../ports/event_queues.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import { findLost } from "./find_lost.ts";
import type { RetentionPolicy } from "./policy.ts";
import { repairFailed, type RepairFailedPorts, type RepairRun } from "./repair_failed.ts";
import { hasLeft, readNote, takeNote } from "./repair_notes.ts";
import { keptDays, type ShardOptions, SHARDS_AT_ONCE } from "./shards.ts";

/** What repair needs: it looks and publishes, and reads no image. */
export interface RepairPorts extends RepairFailedPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly erasures: ObjectLister;
  readonly queues: EventQueues;
  readonly clock: Clock;
}

/** What to repair: by schedule where nothing is named. */
export interface RepairOptions extends ShardOptions, Pick<RepairRun, "sinceMs" | "isDryRun"> {
  /** Whether failed images are looked for too; true by default. */
  readonly hasFailed?: boolean | undefined;
}

/** What a run of repair did, or would do. */
export interface Repaired {
  /** Whether it is known how long events have waited; nothing is published where it is not. */
  readonly isAgeKnown: boolean;
  /** How long the oldest event that waits has waited, in milliseconds; null where that is not known. */
  readonly oldestWaitingMs: number | null;
  /** Shards whose names were looked at. */
  readonly shards: number;
  /** Raw objects seen. */
  readonly lookedAt: number;
  /** Raw objects without a manifest that are young, or whose event may still wait: they were left. */
  readonly waiting: number;
  /** Raw objects without a manifest whose events were published again. */
  readonly republished: number;
  /** Requests beside which an object lies whose events were published again. */
  readonly survived: number;
  /** Failed images whose events were published again. */
  readonly failed: number;
  /** What is open, and has an event that may still wait: shards whose last repair does, and failed images. */
  readonly heldBack: number;
}

type Tally = { -readonly [Key in keyof Repaired]: Repaired[Key] };

/**
 * Runs once. By schedule it looks at the failed images and at the names of the shards whose turn it is, older than
 * `repairAfterMs`; with `sinceMs` at once at everything whose T0 is not before it. Concurrent calls are safe: one of them
 * publishes. Throws `unavailable` where a store cannot be reached: the next run does the rest.
 */
export async function repairImages(
  ports: RepairPorts,
  { shards, hasFailed = true, ...options }: RepairOptions = {},
): Promise<Repaired> {
  const { clock, policy } = ports;
  const { sinceMs, signal } = options;
  const nowMs = clock.now();
  const waitingSinceMs = await ports.queues.waitingSince({ signal });
  const tally: Tally = {
    isAgeKnown: waitingSinceMs !== undefined,
    oldestWaitingMs: waitingSinceMs === undefined ? null : Math.max(0, nowMs - waitingSinceMs),
    shards: 0,
    lookedAt: 0,
    waiting: 0,
    republished: 0,
    survived: 0,
    failed: 0,
    heldBack: 0,
  };
  if (waitingSinceMs === undefined) return tally;
  const run = { nowMs, waitingSinceMs, ...options };
  if (hasFailed) {
    const { failed, heldBack } = await repairFailed(ports, run);
    Object.assign(tally, { failed, heldBack });
  }
  const turn = sinceMs === undefined ? shardsOfTurn(nowMs, policy) : SHARDS;
  await forEachBounded(
    shards ?? turn,
    SHARDS_AT_ONCE,
    (shard) => repairShard(ports, { ...run, shard, tally }),
  );
  return tally;
}

/** The shards whose names a scheduled run looks at: each has its turn once in a seventh of the period, a day of seven. */
function shardsOfTurn(
  nowMs: number,
  { periodMs, repairIntervalMs }: Pick<RetentionPolicy, "periodMs" | "repairIntervalMs">,
): string[] {
  const turns = Math.max(1, Math.floor(periodMs / 7 / repairIntervalMs));
  const turn = Math.floor(nowMs / repairIntervalMs) % turns;
  return SHARDS.filter((_, at) => Math.floor(at * turns / SHARDS.length) === turn);
}

interface ShardRun extends RepairRun {
  readonly shard: string;
  readonly tally: Tally;
}

async function repairShard(ports: RepairPorts, run: ShardRun): Promise<void> {
  const { notes, policy } = ports;
  const { shard, nowMs, sinceMs, waitingSinceMs, signal, tally } = run;
  const note = await readNote(notes, shard, { signal });
  if (!hasLeft(note, waitingSinceMs)) return void tally.heldBack++;
  const oldEnoughMs = sinceMs === undefined ? nowMs - policy.repairAfterMs : nowMs;
  const dueMs = Math.min(oldEnoughMs, waitingSinceMs - policy.eventDelayMs);
  const fromMs = sinceMs ?? nowMs - policy.periodMs;
  let close: Awaited<ReturnType<typeof takeNote>> | undefined;
  try {
    // The oldest first, as those have the least time left.
    for (const day of keptDays(nowMs, policy.periodMs).filter((day) => day >= dayOf(fromMs))) {
      const folder = { prefix: dayPrefix(shard, day), dueMs, fromMs, signal };
      const { lookedAt, waiting, lost, survived } = await findLost(ports, folder);
      tally.lookedAt += lookedAt;
      tally.waiting += waiting;
      if (lost.length + survived.length > 0 && !run.isDryRun) {
        close ??= await takeNote(notes, { subject: shard, note, nowMs, signal });
        if (close === null) return void tally.heldBack++;
        if (lost.length > 0) await ports.events.republish("raw", lost, { signal });
        if (survived.length > 0) await ports.events.republish("erasures", survived, { signal });
      }
      tally.republished += lost.length;
      tally.survived += survived.length;
    }
    tally.shards++;
  } finally {
    await close?.();
  }
}

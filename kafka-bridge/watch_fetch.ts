import type { OffsetTracker } from "./offset_tracker.ts";
import type { PartitionFetch } from "./ports.ts";

/** Times of a bridge, in milliseconds. */
export interface Pace {
  readonly beatEveryMs: number;
  readonly commitEveryMs: number;
  /** First and longest wait before a record is tried again. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** How long uploads under way may go on after the stop. */
  readonly graceMs: number;
}

/** The pace of production: the grace fits into a drain of 25 s. */
export const DEFAULT_PACE: Pace = {
  beatEveryMs: 250,
  commitEveryMs: 2_000,
  minDelayMs: 200,
  maxDelayMs: 10_000,
  graceMs: 15_000,
};

/** A fetch under watch. */
export interface FetchWatch {
  /** Aborted when no record may be begun any more. */
  readonly stopping: AbortSignal;
  /** Resolves when the uploads that were under way at the stop have had their time. */
  readonly graceOver: Promise<void>;
  /** Why the fetch must come again, where it must. */
  readonly failure: { readonly reason: unknown } | undefined;
  /** Stops for a reason of the caller's. */
  stop(reason: unknown): void;
  /** Ends heartbeats and commits; resolves when none is under way. */
  end(): Promise<void>;
}

/** Heartbeats, commits by time, and notices the end of the consumer or of the membership while records are handled. */
export function watchFetch(
  fetched: PartitionFetch,
  tracker: OffsetTracker,
  pace: Pace,
): FetchWatch {
  const stopping = new AbortController();
  const grace = Promise.withResolvers<void>();
  let graceTimer: ReturnType<typeof setTimeout> | undefined;
  stopping.signal.addEventListener("abort", () => {
    graceTimer = setTimeout(grace.resolve, pace.graceMs);
  });
  let failure: { readonly reason: unknown } | undefined;
  const stop = (reason: unknown) => {
    failure ??= { reason };
    stopping.abort();
  };
  let lastCommitMs = performance.now();
  const beat = async () => {
    await fetched.heartbeat();
    if (performance.now() - lastCommitMs < pace.commitEveryMs) return;
    lastCommitMs = performance.now();
    await commitDurable(fetched, tracker);
  };
  let underway: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (fetched.shouldStop()) stopping.abort();
    if (failure !== undefined) return;
    underway ??= beat().catch(stop).finally(() => underway = undefined);
  }, pace.beatEveryMs);
  return {
    stopping: stopping.signal,
    graceOver: grace.promise,
    get failure() {
      return failure;
    },
    stop,
    async end() {
      clearInterval(timer);
      clearTimeout(graceTimer);
      await underway;
    },
  };
}

/** Commits behind what is durable, where that moved. */
export async function commitDurable(fetched: PartitionFetch, tracker: OffsetTracker) {
  const next = tracker.toCommit();
  if (next === undefined) return;
  await fetched.commit(next);
  tracker.committed(next);
}

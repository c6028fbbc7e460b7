import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@tintype/core/errors";
import { backoffMs } from "@tintype/gcs/backoff";
import type { BridgeMetrics } from "../operations/metrics.ts";
import type { ReadinessBlocker, ReadinessBlockers } from "../operations/readiness_blockers.ts";
import type { Timings } from "./timings.ts";

/** What trying again needs. */
export interface RetryPorts {
  readonly metrics: BridgeMetrics;
  readonly readiness: ReadinessBlockers;
  readonly timings: Timings;
}

/** Repeats an attempt, with growing waits, until nothing is in its way: true. False where `stopping` came first. */
export async function retryUntilDone(
  { metrics, readiness, timings }: RetryPorts,
  stopping: AbortSignal,
  attempt: () => Promise<ReadinessBlocker | undefined>,
): Promise<boolean> {
  let unblock = () => {};
  try {
    for (let count = 1;; count++) {
      if (stopping.aborted) return false;
      const blocker = await attempt();
      if (blocker === undefined) return true;
      if (stopping.aborted) return false;
      metrics.retries.inc({ what: blocker });
      const unblockLast = unblock;
      unblock = readiness.block(blocker);
      unblockLast();
      await sleep(backoffMs(count, timings), undefined, { signal: stopping }).catch(() =>
        undefined
      );
    }
  } finally {
    unblock();
  }
}

/** The name and code of what is behind a failure: its own words may hold an object's name or an address. */
export function causeOf(failure: unknown): string {
  const cause = failure instanceof AppError ? failure.cause ?? failure : failure;
  if (!(cause instanceof Error)) return typeof cause;
  const { name, status, code } = cause as Error & { status?: unknown; code?: unknown }; // clients' errors carry them
  return [name, status, code].filter((word) => word !== undefined).join(" ");
}

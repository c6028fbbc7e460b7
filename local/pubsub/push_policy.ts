import { retentionBoundsOf } from "@tintype/core/retention/bounds";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import type { SubscriptionKey } from "./push_message.ts";

/** How often and how long a subscription tries; the defaults are those of the local cloud. */
export interface PushPolicy {
  /** First wait after a refusal in milliseconds, doubled each time: 500. */
  readonly minBackoffMs: number;
  /** Longest wait in milliseconds: 15 000. */
  readonly maxBackoffMs: number;
  /** Refusals after which an event is a dead letter: 15. */
  readonly maxAttempts: number;
  /** Deliveries under way at once, for each subscription: 16. */
  readonly concurrency: number;
  /** A push that is not answered in so many milliseconds is refused: 600 000. */
  readonly ackDeadlineMs: number;
  /** The period that message retention is a share of, in milliseconds. */
  readonly retentionMs: number;
}

/** How long messages are kept, in milliseconds: their share of the period, but at least a minute. */
export function messageRetentionOf(retentionMs: number): Record<SubscriptionKey, number> {
  const { eventsMs, deadLettersMs } = retentionBoundsOf(retentionMs);
  return { events: Math.max(60_000, eventsMs), dead: Math.max(60_000, deadLettersMs) };
}

/** What holds where nothing else is given. */
export const DEFAULT_PUSH_POLICY: PushPolicy = {
  minBackoffMs: 500,
  maxBackoffMs: 15_000,
  maxAttempts: 15,
  concurrency: 16,
  ackDeadlineMs: 600_000,
  retentionMs: RETENTION_POLICY.periodMs,
};

/** The wait after so many refusals in milliseconds: `minBackoffMs`, doubled each time up to `maxBackoffMs`. */
export function backoffMs(attempts: number, policy: PushPolicy): number {
  return Math.min(policy.maxBackoffMs, policy.minBackoffMs * 2 ** Math.min(30, attempts - 1));
}

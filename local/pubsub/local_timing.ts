import { durationMs, type Subscription } from "./resources.ts";

/** What this machine does faster than Google Cloud; a subscription's own values hold where nothing is given. */
export interface LocalTiming {
  /** First wait after a refusal in milliseconds, doubled each time: 500 instead of the policy's 10 s. */
  readonly minBackoffMs: number;
  /** Longest wait in milliseconds: 15 000 instead of the policy's 600 s. */
  readonly maxBackoffMs: number;
  /** Pushes of a subscription under way at once, at most: 16 instead of 3 000. */
  readonly concurrency: number;
  /** Refusals after which a message is a dead letter, where the subscription has a dead-letter policy. */
  readonly maxAttempts?: number | undefined;
  readonly ackDeadlineMs?: number | undefined;
}

/** What holds where nothing else is given. */
export const LOCAL_TIMING: LocalTiming = {
  minBackoffMs: 500,
  maxBackoffMs: 15_000,
  concurrency: 16,
};

/** The wait after so many refusals in milliseconds; none without a retry policy, as the real one redelivers at once then. */
export function backoffMs(
  { retryPolicy }: Pick<Subscription, "retryPolicy">,
  attempts: number,
  timing: LocalTiming,
): number {
  if (retryPolicy === undefined) return 0;
  const least = Math.min(timing.minBackoffMs, durationMs(retryPolicy.minimumBackoff));
  const most = Math.min(timing.maxBackoffMs, durationMs(retryPolicy.maximumBackoff));
  return Math.min(most, least * 2 ** Math.min(30, attempts - 1));
}

/** How long a delivery may take before it counts as refused, in milliseconds. */
export function ackDeadlineMs(
  { ackDeadlineSeconds }: Pick<Subscription, "ackDeadlineSeconds">,
  timing: LocalTiming,
): number {
  return timing.ackDeadlineMs ?? ackDeadlineSeconds * 1_000;
}

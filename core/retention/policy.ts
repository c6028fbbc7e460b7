/**
 * The promise in numbers: how long an image is kept, when its write cutoff is, when it is overdue.
 * `policy.json` holds the independent numbers; this file and `bounds.ts` compute all others.
 */
import { durationText } from "../duration.ts";
import { type ImageId, t0OfImageId } from "../model/image_id.ts";
import type { Hashing } from "../ports/hashing.ts";
import document from "./policy.json" with { type: "json" };

/** The bounds that code decides by, in milliseconds. */
export interface RetentionPolicy {
  /** From T0 to the purge. */
  readonly periodMs: number;
  /** The end of the period in which nothing is written any more. */
  readonly closingMs: number;
  /** How long after its end an image may still be found before it counts as overdue. */
  readonly graceMs: number;
  readonly sweepIntervalMs: number;
  /** How long a sweep looks and removes before it says in its certificate how far it came. */
  readonly sweepBudgetMs: number;
  /** How often repair runs; each shard has its turn once a seventh of the period. */
  readonly repairIntervalMs: number;
  /** The event of a raw object that is older and has no manifest is published again by repair. */
  readonly repairAfterMs: number;
  /** Repair waits so long, doubled by each failure, before it publishes the event of a failed image again. */
  readonly failedAfterMs: number;
  /** How long after its object an event may be published. */
  readonly eventDelayMs: number;
  /** The longest life of a signed URL. */
  readonly signedUrlMs: number;
  /** The longest life of an attempt: no row of an image comes later than that after its erasure request. */
  readonly attemptMs: number;
  readonly erasureIntervalMs: number;
  /** The event of a request that has waited so long for its receipt is published again. */
  readonly erasureEventMs: number;
  /** From the owner's request to its receipt, in which an event may get lost once. */
  readonly erasureMs: number;
}

/** The least interval that a shortened policy is swept at, in milliseconds. */
const SHORTEST_INTERVAL_MS = 1_000;

/** Runs of the erasures' job between an event that was published again and the receipt. */
const ERASURE_RUNS = 2;

/** The policy of `policy.json`. */
export const RETENTION_POLICY: RetentionPolicy = {
  periodMs: document.periodMs,
  closingMs: document.periodMs / document.closingFraction,
  graceMs: document.graceMs,
  sweepIntervalMs: document.sweepIntervalMs,
  sweepBudgetMs: document.sweepBudgetMs,
  repairIntervalMs: document.repairIntervalMs,
  repairAfterMs: document.repairAfterMs,
  failedAfterMs: document.failedAfterMs,
  eventDelayMs: document.eventDelayMs,
  signedUrlMs: document.signedUrlMs,
  attemptMs: document.attemptMs,
  erasureIntervalMs: document.erasureIntervalMs,
  erasureEventMs: document.erasureEventMs,
  erasureMs: document.erasureEventMs + ERASURE_RUNS * document.erasureIntervalMs,
};

/**
 * The same promise with another period, so that one can watch everything disappear: every bound shrinks with it,
 * intervals not below a second. Throws RangeError for a period outside ten seconds to the policy's own.
 */
export function retentionPolicyOf(periodMs: number): RetentionPolicy {
  if (periodMs === RETENTION_POLICY.periodMs) return RETENTION_POLICY;
  if (!Number.isInteger(periodMs) || periodMs < 10_000 || periodMs > RETENTION_POLICY.periodMs) {
    throw new RangeError(
      `Cannot keep images for ${periodMs} ms: it must be from 10 seconds to ${
        durationText(RETENTION_POLICY.periodMs)
      }`,
    );
  }
  const scale = periodMs / RETENTION_POLICY.periodMs;
  const atLeast = (intervals: number, ms: number) =>
    Math.max(intervals * SHORTEST_INTERVAL_MS, Math.round(ms * scale));
  const interval = (ms: number) => atLeast(1, ms);
  return {
    periodMs,
    closingMs: Math.ceil(periodMs / document.closingFraction),
    graceMs: atLeast(10, RETENTION_POLICY.graceMs),
    sweepIntervalMs: interval(RETENTION_POLICY.sweepIntervalMs),
    sweepBudgetMs: atLeast(10, RETENTION_POLICY.sweepBudgetMs),
    repairIntervalMs: interval(RETENTION_POLICY.repairIntervalMs),
    repairAfterMs: atLeast(20, RETENTION_POLICY.repairAfterMs),
    failedAfterMs: atLeast(2, RETENTION_POLICY.failedAfterMs),
    eventDelayMs: atLeast(2, RETENTION_POLICY.eventDelayMs),
    signedUrlMs: RETENTION_POLICY.signedUrlMs,
    attemptMs: atLeast(2, RETENTION_POLICY.attemptMs),
    erasureIntervalMs: interval(RETENTION_POLICY.erasureIntervalMs),
    erasureEventMs: atLeast(10, RETENTION_POLICY.erasureEventMs),
    erasureMs: atLeast(20, RETENTION_POLICY.erasureMs),
  };
}

/**
 * SHA-256 of everything that the promise consists of: the bounds that code decides by and those that infrastructure is
 * given, as JSON with keys in order.
 */
export async function policyHash(hashing: Hashing, policy: RetentionPolicy): Promise<string> {
  const text = JSON.stringify(inOrder({ ...document, ...policy }));
  return await hashing.sha256(new Uint8Array(new TextEncoder().encode(text)));
}

function inOrder(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(values).map(([key, value]) =>
    [key, typeof value === "object" && value !== null ? inOrder({ ...value }) : value] as const
  );
  return Object.fromEntries(entries.sort());
}

/** When everything of an image must be gone, in milliseconds since the epoch. */
export function purgeAtOf(imageId: ImageId, policy: RetentionPolicy): number {
  return t0OfImageId(imageId) + policy.periodMs;
}

/** An image's write cutoff: from then on nothing is written for it, and no upload of it is of use. */
export function closingAtOf(imageId: ImageId, policy: RetentionPolicy): number {
  return purgeAtOf(imageId, policy) - policy.closingMs;
}

/** No source takes an id so far ahead of its clock, in milliseconds: what is named after a later time is not ours. */
export const MAX_AHEAD_MS = 3_600_000;

/** Whether no source can have made the id yet: the end of what is named so would not come in its time. */
export function isFarAhead(imageId: ImageId, nowMs: number): boolean {
  return t0OfImageId(imageId) > nowMs + MAX_AHEAD_MS;
}

/** Where in its life an image is at `nowMs`. */
export function phaseOf(
  imageId: ImageId,
  policy: RetentionPolicy,
  nowMs: number,
): "kept" | "closing" | "expired" {
  if (nowMs >= purgeAtOf(imageId, policy)) return "expired";
  return nowMs >= closingAtOf(imageId, policy) ? "closing" : "kept";
}

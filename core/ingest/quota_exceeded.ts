import { AppError } from "../errors.ts";
import type { QuotaClaim } from "../ports/quota.ts";

/** What a tenant may have in a day. */
export type DayLimits = Pick<QuotaClaim, "imagesPerDay" | "bytesPerDay">;

/** Images, and all of their bytes. */
export interface QuotaAmount {
  readonly images: number;
  readonly bytes: number;
}

const DAY_SECONDS = 86_400;

/** Whether a day that has so much left has room for more; no more always has, also where the day holds too much. */
export function hasRoom(left: QuotaAmount, more: QuotaAmount): boolean {
  return more.images <= Math.max(0, left.images) && more.bytes <= Math.max(0, left.bytes);
}

/** The error of an image for which its tenant's day has no room; `left` is the day's. */
export function quotaExceeded(
  { imagesPerDay, bytesPerDay }: DayLimits,
  left: QuotaAmount,
  retryAfterMs: number,
): AppError {
  const limits = [
    { name: "images", quota: imagesPerDay, remaining: left.images },
    { name: "bytes", quota: bytesPerDay, remaining: left.bytes, unit: "content-bytes" },
  ] as const;
  return new AppError("quota_exceeded", "Cannot take image as the day's quota is used up", {
    retryAfterMs,
    limits: limits.map((limit) => ({ ...limit, windowSeconds: DAY_SECONDS })),
  });
}

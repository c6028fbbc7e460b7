import { AppError } from "@tintype/core/errors";
import type { ErasureClaim, ErasureQuota, Quota, QuotaClaim } from "@tintype/core/ports/quota";
import { type ObjectNamespace, tenantObjects } from "./tenant_objects.ts";

/** What a tenant's object records of an image. */
export type DayClaim = Omit<QuotaClaim, "tenant" | "imageId"> & { readonly imageId: string };

/** A day that has no room for an image: what is left of it, and the milliseconds until the next one begins. */
export interface FullDay {
  readonly images: number;
  readonly bytes: number;
  readonly endsInMs: number;
}

/** What a tenant's object records of erasures. */
export type DayErasures = Pick<ErasureClaim, "erasuresPerDay"> & {
  readonly imageIds: readonly string[];
};

/** Erasures that a day has no room for, what is left of it, and the milliseconds until the next one begins. */
export interface CountedErasures {
  readonly refused: readonly string[];
  readonly left: number;
  readonly endsInMs: number;
}

/** The calls of one tenant's durable object. */
export interface QuotaStub {
  /** Null where the image is counted. */
  reserve(claim: DayClaim): Promise<FullDay | null>;
  settle(imageId: string, bytes: number): Promise<void>;
  release(imageId: string): Promise<void>;
  countErasures(erasures: DayErasures): Promise<CountedErasures>;
}

/** The binding of the quota's durable objects. */
export type QuotaNamespace = ObjectNamespace<QuotaStub>;

const DAY_SECONDS = 86_400;

/**
 * Daily quotas by one durable object a tenant: one writer makes the count exact. Not sharded, as a tenant's default of
 * 10,000 images a day is far below what one object takes.
 */
export function durableObjectQuota(namespace: QuotaNamespace): Quota & ErasureQuota {
  const ask = tenantObjects(namespace, "Cannot count against the quota now");
  return {
    async reserve({ tenant, ...claim }) {
      const full = await ask(tenant, (stub) => stub.reserve(claim));
      if (full !== null) throw exceeded(claim, full);
    },
    settle: ({ tenant, imageId, bytes }) => ask(tenant, (stub) => stub.settle(imageId, bytes)),
    release: ({ tenant, imageId }) => ask(tenant, (stub) => stub.release(imageId)),
    async countErasures({ tenant, imageIds, erasuresPerDay }) {
      const day = await ask(tenant, (stub) => stub.countErasures({ imageIds, erasuresPerDay }));
      const refused = new Set(day.refused);
      const error = erasuresExceeded(erasuresPerDay, day);
      return new Map(imageIds.filter((id) => refused.has(id)).map((id) => [id, error]));
    },
  };
}

function erasuresExceeded(quota: number, { left, endsInMs }: CountedErasures): AppError {
  const limit = { name: "erasures", quota, remaining: left, windowSeconds: DAY_SECONDS };
  return new AppError("quota_exceeded", "Cannot erase image as the day's quota is used up", {
    retryAfterMs: endsInMs,
    limits: [limit],
  });
}

function exceeded({ imagesPerDay, bytesPerDay }: DayClaim, full: FullDay): AppError {
  const limits = [
    { name: "images", quota: imagesPerDay, remaining: full.images },
    { name: "bytes", quota: bytesPerDay, remaining: full.bytes, unit: "content-bytes" },
  ] as const;
  return new AppError("quota_exceeded", "Cannot take image as the day's quota is used up", {
    retryAfterMs: full.endsInMs,
    limits: limits.map((limit) => ({ ...limit, windowSeconds: DAY_SECONDS })),
  });
}

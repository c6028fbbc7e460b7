import { AppError } from "@tintype/core/errors";
import { type QuotaAmount, quotaExceeded } from "@tintype/core/ingest/quota_exceeded";
import type {
  ErasureClaim,
  ErasureQuota,
  Quota,
  QuotaClaim,
  QuotaReader,
  UsedQuota,
} from "@tintype/core/ports/quota";
import { type ObjectNamespace, tenantObjects } from "./tenant_objects.ts";

/** What a tenant's object records of an image. */
export type DayClaim = Omit<QuotaClaim, "tenant" | "imageId"> & { readonly imageId: string };

/** A day that has no room for an image: what is left of it, and the milliseconds until the next one begins. */
export interface FullDay extends QuotaAmount {
  /** How often this image may still be asked for. */
  readonly asks: number;
  readonly endsInMs: number;
}

/** What a tenant's object records of erasures. */
export type DayErasures = Omit<ErasureClaim, "tenant" | "imageIds" | "owner"> & {
  readonly owner: string;
  readonly imageIds: readonly string[];
};

/** Erasures that a day has no room for, what binds and is left of it, and the milliseconds until the next one begins. */
export interface CountedErasures {
  readonly refused: readonly string[];
  readonly quota: number;
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
  used(): Promise<UsedQuota>;
}

/** The binding of the quota's durable objects. */
export type QuotaNamespace = ObjectNamespace<QuotaStub>;

const DAY_SECONDS = 86_400;

/** How often one image may be asked for in a day: each may have opened a session, which Google keeps for a week. */
export const ASKS_PER_IMAGE = 32;

/**
 * Daily quotas by one durable object a tenant: one writer makes the count exact. Not sharded, as a tenant's default of
 * 10,000 images a day is far below what one object takes.
 */
export function durableObjectQuota(
  namespace: QuotaNamespace,
): Quota & ErasureQuota & QuotaReader {
  const ask = tenantObjects(namespace, "Cannot count against the quota now");
  return {
    async reserve({ tenant, ...claim }) {
      const full = await ask(tenant, (stub) => stub.reserve(claim));
      if (full === null) return;
      throw full.asks > 0 ? quotaExceeded(claim, full, full.endsInMs) : askedTooOften(full);
    },
    used: (tenant) => ask(tenant, (stub) => stub.used()),
    settle: ({ tenant, imageId, bytes }) => ask(tenant, (stub) => stub.settle(imageId, bytes)),
    release: ({ tenant, imageId }) => ask(tenant, (stub) => stub.release(imageId)),
    async countErasures({ tenant, ...erasures }) {
      const day = await ask(tenant, (stub) => stub.countErasures(erasures));
      const refused = new Set(day.refused);
      const error = erasuresExceeded(day);
      return new Map(erasures.imageIds.filter((id) => refused.has(id)).map((id) => [id, error]));
    },
  };
}

function erasuresExceeded({ quota, left, endsInMs }: CountedErasures): AppError {
  const limit = { name: "erasures", quota, remaining: left, windowSeconds: DAY_SECONDS };
  return new AppError("quota_exceeded", "Cannot erase image as the day's quota is used up", {
    retryAfterMs: endsInMs,
    limits: [limit],
  });
}

function askedTooOften({ endsInMs }: FullDay): AppError {
  const message = "Cannot start another upload of this image today: the earlier ones still count";
  return new AppError("quota_exceeded", message, {
    retryAfterMs: endsInMs,
    limits: [
      {
        name: "uploads-of-image",
        quota: ASKS_PER_IMAGE,
        remaining: 0,
        windowSeconds: DAY_SECONDS,
      },
    ],
  });
}

import { AppError } from "../errors.ts";
import type { ImageId } from "../model/image_id.ts";
import type { ErasureClaim, ErasureQuota, Quota, QuotaClaim } from "../ports/quota.ts";

/** One day's counts in memory, of one tenant. */
export class MemoryQuota implements Quota, ErasureQuota {
  readonly #erasures = new Set<ImageId>();
  readonly #held = new Map<ImageId, number>();

  /** Ids of the images that are counted. */
  held(): ImageId[] {
    return [...this.#held.keys()];
  }

  /** Bytes that are counted. */
  bytes(): number {
    return [...this.#held.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  reserve({ imageId, bytes, imagesPerDay, bytesPerDay }: QuotaClaim): Promise<void> {
    const others = [...this.#held].filter(([id]) => id !== imageId).map(([, held]) => held);
    const held = this.#held.get(imageId);
    const most = Math.max(bytes, held ?? 0);
    const sum = others.reduce((total, held) => total + held, most);
    if (most !== held && (others.length + 1 > imagesPerDay || sum > bytesPerDay)) {
      return Promise.reject(fullDay());
    }
    this.#held.set(imageId, most);
    return Promise.resolve();
  }

  settle({ imageId, bytes }: QuotaClaim): Promise<void> {
    const held = this.#held.get(imageId);
    if (held !== undefined) this.#held.set(imageId, Math.min(held, bytes));
    return Promise.resolve();
  }

  release({ imageId }: QuotaClaim): Promise<void> {
    this.#held.delete(imageId);
    return Promise.resolve();
  }

  /** How many erasures are counted. */
  erasures(): number {
    return this.#erasures.size;
  }

  countErasures({ imageIds, erasuresPerDay }: ErasureClaim) {
    const refused = new Map<ImageId, AppError>();
    for (const imageId of imageIds) {
      if (this.#erasures.has(imageId)) continue;
      if (this.#erasures.size < erasuresPerDay) this.#erasures.add(imageId);
      else refused.set(imageId, fullDay());
    }
    return Promise.resolve(refused);
  }
}

function fullDay(): AppError {
  return new AppError("quota_exceeded", "The day is full", { retryAfterMs: 1000 });
}

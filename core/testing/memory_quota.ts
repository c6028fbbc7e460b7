import { AppError } from "../errors.ts";
import type { ImageId } from "../model/image_id.ts";
import type { Quota, QuotaClaim } from "../ports/quota.ts";

/** One day's counts in memory, of one tenant. */
export class MemoryQuota implements Quota {
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
      const full = new AppError("quota_exceeded", "The day is full", { retryAfterMs: 1000 });
      return Promise.reject(full);
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
}

import { AppError } from "../errors.ts";
import type { ImageId } from "../model/image_id.ts";
import type { Owner } from "../model/owner.ts";
import type {
  ArrivedBytes,
  ErasureClaim,
  ErasureQuota,
  Quota,
  QuotaClaim,
  QuotaReader,
} from "../ports/quota.ts";

/** One day's counts in memory, of one tenant. */
export class MemoryQuota implements Quota, ErasureQuota, QuotaReader {
  readonly #erasures = new Map<ImageId, Owner>();
  readonly #held = new Map<ImageId, number>();

  /** Ids of the images that are counted. */
  held(): ImageId[] {
    return [...this.#held.keys()];
  }

  /** Bytes that are counted. */
  bytes(): number {
    return [...this.#held.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  used() {
    return Promise.resolve({ images: this.#held.size, bytes: this.bytes(), endsInMs: 1_000 });
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

  settle({ imageId, bytes }: ArrivedBytes): Promise<void> {
    if (this.#held.has(imageId)) this.#held.set(imageId, bytes);
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

  countErasures({ owner, imageIds, erasuresPerDay, erasuresPerOwner }: ErasureClaim) {
    const refused = new Map<ImageId, AppError>();
    for (const imageId of imageIds) {
      if (this.#erasures.has(imageId)) continue;
      const own = [...this.#erasures.values()].filter((other) => other === owner).length;
      const hasRoom = this.#erasures.size < erasuresPerDay && own < erasuresPerOwner;
      if (hasRoom) this.#erasures.set(imageId, owner);
      else refused.set(imageId, fullDay());
    }
    return Promise.resolve(refused);
  }
}

function fullDay(): AppError {
  return new AppError("quota_exceeded", "The day is full", { retryAfterMs: 1000 });
}

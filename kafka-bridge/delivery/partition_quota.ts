import { isAppError } from "@tintype/core/errors";
import { dayOf } from "@tintype/core/model/utc_day";
import type { Quota, QuotaClaim } from "@tintype/core/ports/quota";
import type { PartitionLease, SourceRecord } from "../ports.ts";
import type { DayQuotas } from "./day_quotas.ts";
import { HeldUp, orHeldUp } from "./held_up.ts";
import type { CountsCommit, PartitionCounts } from "./partition_counts.ts";

/** Who counts, and for which partition. */
interface PartitionQuotaOptions {
  readonly quotas: Pick<DayQuotas, "open" | "take">;
  readonly lease: PartitionLease;
  readonly stopping: AbortSignal;
  /** Commits what is durable, and the counts; throws where the group does not take them. */
  readonly commit: () => Promise<void>;
}

/** A record's part in its tenant's day. */
export interface RecordQuota extends Quota {
  /** Nothing is taken any more that was not: the records behind it may. */
  leave(): void;
}

/**
 * A partition's counts under one lease. Its records take in the order of their offsets, so that the same ones are taken
 * when they come again.
 */
export class PartitionQuota {
  readonly #options: PartitionQuotaOptions;
  #first: bigint | undefined;
  #opening: Promise<PartitionCounts> | undefined;
  #counts: PartitionCounts | undefined;
  #decided: Promise<void> = Promise.resolve();

  constructor(options: PartitionQuotaOptions) {
    this.#options = options;
  }

  /** Whether counts are to be committed although no offset moved. */
  get needsCommit(): boolean {
    return this.#counts?.needsCommit ?? false;
  }

  /** What is committed beside the next offset. Throws HeldUp where the former counts cannot be read. */
  async beginCommit(next: bigint): Promise<CountsCommit> {
    return (await this.#open()).beginCommit(next);
  }

  /** A record's, in its turn; to be called in the order of offsets. */
  of(record: SourceRecord): RecordQuota {
    this.#first ??= record.offset;
    const before = this.#decided;
    const { promise, resolve: leave } = Promise.withResolvers<void>();
    this.#decided = promise;
    const keyOf = ({ tenant }: Pick<QuotaClaim, "tenant">) =>
      `${dayOf(record.timestampMs)}/${tenant}`;
    return {
      leave,
      reserve: async (claim) => {
        const counts = await this.#open();
        await before;
        try {
          await this.#take(counts, record.offset, { claim, key: keyOf(claim) });
          leave();
        } catch (error) {
          if (!isAppError(error)) throw new HeldUp("commits", error);
          leave();
          throw error;
        }
      },
      settle: async (claim) => this.#counts?.settle(record.offset, keyOf(claim), claim.bytes),
      release: async (claim) => this.#counts?.settle(record.offset, keyOf(claim)),
    };
  }

  async #take(
    counts: PartitionCounts,
    offset: bigint,
    wanted: { readonly claim: QuotaClaim; readonly key: string },
  ): Promise<void> {
    const { claim, key } = wanted;
    if (counts.take(offset, key, claim.bytes)) return;
    const { quotas, lease: { topic, partition }, commit, stopping } = this.#options;
    const place = `${topic}/${partition}`;
    await quotas.take({ ...wanted, place, counts, offset, commit, stopping });
  }

  async #open(): Promise<PartitionCounts> {
    const { quotas, lease: { topic, partition } } = this.#options;
    this.#opening ??= quotas.open(`${topic}/${partition}`, this.#first ?? 0n).then((counts) =>
      this.#counts = counts
    );
    return await orHeldUp("commits", this.#opening).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
  }
}

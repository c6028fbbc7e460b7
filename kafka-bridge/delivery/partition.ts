import type { PartitionLease } from "../ports.ts";
import type { ByteBudget } from "./byte_budget.ts";
import type { DayQuotas } from "./day_quotas.ts";
import type { MakeDurablePorts } from "./make_durable.ts";
import type { OffsetTracker } from "./offset_tracker.ts";
import type { PartitionQuota } from "./partition_quota.ts";

/** What the bridge needs. */
export interface BridgePorts extends Omit<MakeDurablePorts, "quota"> {
  readonly quotas: Pick<DayQuotas, "open" | "take">;
  readonly budget: ByteBudget;
  /** Records of one partition that are made durable at once. */
  readonly recordsAtOnce: number;
}

/** One partition under one lease: what the parts of its worker share. */
export interface Partition {
  readonly lease: PartitionLease;
  readonly offsets: OffsetTracker;
  readonly quota: PartitionQuota;
  readonly ports: BridgePorts;
  /** Aborted when nothing may be begun or tried again. */
  readonly stopping: AbortSignal;
}

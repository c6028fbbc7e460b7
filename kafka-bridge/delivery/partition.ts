import type { PartitionLease } from "../ports.ts";
import type { ByteBudget } from "./byte_budget.ts";
import type { MakeDurablePorts } from "./make_durable.ts";
import type { OffsetTracker } from "./offset_tracker.ts";

/** What the bridge needs. */
export interface BridgePorts extends MakeDurablePorts {
  readonly budget: ByteBudget;
  /** Records of one partition that are made durable at once. */
  readonly recordsAtOnce: number;
}

/** One partition under one lease: what the parts of its worker share. */
export interface Partition {
  readonly lease: PartitionLease;
  readonly offsets: OffsetTracker;
  readonly ports: BridgePorts;
  /** Aborted when nothing may be begun or tried again. */
  readonly stopping: AbortSignal;
}

import type { CallOptions } from "./call_options.ts";

/** What a bucket does with what lies in it. */
export interface BucketSettings {
  readonly role: "raw" | "processed" | "erasures" | "certificates" | "config";
  /** Days after completion and after the custom time at which a rule with no other condition deletes. */
  readonly deleteAfterDays: readonly number[];
  readonly deleteAfterCustomTimeDays: readonly number[];
  /** Rules that delete by any other condition. */
  readonly otherDeletes: number;
  readonly abortMultipartDays: readonly number[];
  /** How long a deleted object can be restored, in milliseconds. */
  readonly softDeleteMs: number;
  readonly hasVersions: boolean;
}

/** How long a topic or subscription keeps messages. */
export interface MessageSettings {
  readonly kind: "topic" | "subscription";
  readonly id: string;
  /** Whether it holds dead letters. */
  readonly isDead: boolean;
  /** In milliseconds; 0 for a topic that keeps nothing by itself. */
  readonly keepsMs: number;
  readonly keepsAcknowledged: boolean;
}

/** How long the dataset keeps rows, and what is in it beside tables and views. */
export interface DatasetSettings {
  readonly timeTravelHours: number;
  /** By table, in milliseconds; undefined where partitions do not expire. */
  readonly partitionExpirationMs: Readonly<
    Record<"images" | "purges", number | undefined>
  >;
  /** Snapshots and clones: copies with a life of their own. */
  readonly copies: readonly string[];
}

/** A bucket of logs. */
export interface LogBucketSettings {
  readonly id: string;
  readonly retentionDays: number;
}

/** The platform's settings that decide how long a copy can stay, as they are now. Throws `unavailable` or `internal`. */
export interface PlatformSettings {
  buckets(options?: CallOptions): Promise<readonly BucketSettings[]>;
  /** Every topic and subscription of the project. */
  messages(options?: CallOptions): Promise<readonly MessageSettings[]>;
  dataset(options?: CallOptions): Promise<DatasetSettings>;
  logBuckets(options?: CallOptions): Promise<readonly LogBucketSettings[]>;
}

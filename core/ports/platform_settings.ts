import type { CallOptions } from "./call_options.ts";

/** What is read by the same calls. */
export type SettingGroup = "buckets" | "messages" | "dataset" | "logs";

/** The settings that say how long a copy can stay. */
export type SettingName =
  | `deleteBy${"AgeDays" | "CustomTimeDays" | "OtherConditions"}`
  | "abortMultipartDays"
  | "softDeleteSeconds"
  | "versions"
  | `${"event" | "deadLetter"}Seconds`
  | `acknowledged${"Events" | "DeadLetters"}`
  | `${"images" | "purges"}ExpirationMs`
  | "timeTravelHours"
  | "tableCopies"
  | "logDays";

/** A setting of the platform as it is now; without a value it is not set, and nothing is bounded by it. */
export interface Setting {
  readonly name: SettingName;
  /** Whose: a bucket's role, a topic, a subscription, a table. */
  readonly of: string;
  readonly value: number | undefined;
}

/** Reads the settings that decide how long a copy can stay. Throws `unavailable` or `internal`. */
export interface PlatformSettings {
  read(group: SettingGroup, options: CallOptions): Promise<readonly Setting[]>;
}

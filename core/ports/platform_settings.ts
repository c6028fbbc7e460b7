import type { CallOptions } from "./call_options.ts";

/** What an organisation can switch on beside Tintype: an audit reads it where its caller may. */
export type BesideGroup = "insights" | "enrichments" | "transfers" | "sinks" | "ancestors";

/** What is read by the same calls. */
export type SettingGroup = "buckets" | "messages" | "dataset" | "logs" | BesideGroup;

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
  | "logDays"
  | "inventoryReports"
  | "insightsDatasets"
  | "objectEnrichments"
  | "datasetCopies"
  | "logSinks"
  | "organisationSinks";

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

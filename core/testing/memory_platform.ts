import type {
  BucketSettings,
  DatasetSettings,
  LogBucketSettings,
  MessageSettings,
  PlatformSettings,
} from "../ports/platform_settings.ts";
import { PURGES_RETENTION_MS, RETENTION_BOUNDS as BOUNDS } from "../retention/bounds.ts";
import document from "../retention/policy.json" with { type: "json" };

const ROLES = ["raw", "processed", "erasures", "certificates", "config"] as const;

/** A platform whose settings are as promised, until a test changes them. */
export class MemoryPlatform implements PlatformSettings {
  bucketSettings: readonly BucketSettings[] = ROLES.map((role) => ({
    role,
    deleteAfterDays: [BOUNDS.lifecycleDays],
    deleteAfterCustomTimeDays: [BOUNDS.lifecycleDays],
    otherDeletes: 0,
    abortMultipartDays: [BOUNDS.abortMultipartDays],
    softDeleteMs: 0,
    hasVersions: false,
  }));
  messageSettings: readonly MessageSettings[] = (["events", "events-dead"] as const).map((id) => ({
    kind: "subscription",
    id,
    isDead: id === "events-dead",
    keepsMs: BOUNDS.eventsMs,
    keepsAcknowledged: false,
  }));
  datasetSettings: DatasetSettings = {
    timeTravelHours: document.bigquery.maxTimeTravelHours,
    partitionExpirationMs: { images: BOUNDS.partitionExpirationMs, purges: PURGES_RETENTION_MS },
    copies: [],
  };
  logSettings: readonly LogBucketSettings[] = [
    { id: "_Required", retentionDays: 400 },
    { id: "logs", retentionDays: BOUNDS.logDays },
  ];

  buckets = () => Promise.resolve(this.bucketSettings);
  messages = () => Promise.resolve(this.messageSettings);
  dataset = () => Promise.resolve(this.datasetSettings);
  logBuckets = () => Promise.resolve(this.logSettings);
}

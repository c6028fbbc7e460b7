import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";

/**
 * The lifecycle of the buckets that hold images, as `gcloud storage buckets update --lifecycle-file` takes it. T0 stands
 * in the custom time; an object's age counts from its completion, which is never before T0.
 */
export function lifecycleRules() {
  const { lifecycleDays, abortMultipartDays } = RETENTION_BOUNDS;
  return {
    rule: [
      { action: { type: "Delete" }, condition: { daysSinceCustomTime: lifecycleDays } },
      { action: { type: "Delete" }, condition: { age: lifecycleDays } },
      {
        action: { type: "AbortIncompleteMultipartUpload" },
        condition: { age: abortMultipartDays },
      },
    ],
  };
}

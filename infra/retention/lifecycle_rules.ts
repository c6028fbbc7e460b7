import policy from "../../core/retention/policy.json" with { type: "json" };

/**
 * The lifecycle of the buckets that hold images, as `gcloud storage buckets update --lifecycle-file` takes it. T0 stands
 * in the custom time; an object's age counts from its completion, which is never before T0.
 */
export function lifecycleRules() {
  return {
    rule: [
      {
        action: { type: "Delete" },
        condition: { daysSinceCustomTime: policy.lifecycleDays },
      },
      { action: { type: "Delete" }, condition: { age: policy.lifecycleDays } },
      {
        action: { type: "AbortIncompleteMultipartUpload" },
        condition: { age: policy.abortMultipartDays },
      },
    ],
  };
}

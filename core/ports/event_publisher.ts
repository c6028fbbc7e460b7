import type { CallOptions } from "./call_options.ts";
import type { ObjectFacts } from "./object_store.ts";

/** The buckets whose finalized objects are events. */
export type EventBucket = "raw" | "erasures";

/** May publish the event of a finalized object again. Who retries: the next run of the job that found it. */
export interface EventPublisher {
  republish(
    bucket: EventBucket,
    object: Pick<ObjectFacts, "name" | "generation">,
    options?: CallOptions,
  ): Promise<void>;
}

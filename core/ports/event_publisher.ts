import type { ObjectName } from "../model/object_name.ts";
import type { CallOptions } from "./call_options.ts";

/** The buckets whose finalized objects are events. */
export type EventBucket = "raw" | "erasures";

/** May publish the event of a finalized object again. Who retries: the next run of the job that found it. */
export interface EventPublisher {
  republish(bucket: EventBucket, name: ObjectName, options?: CallOptions): Promise<void>;
}

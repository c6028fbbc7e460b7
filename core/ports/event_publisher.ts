import type { Force } from "../model/force.ts";
import type { CallOptions } from "./call_options.ts";
import type { ObjectFacts } from "./object_store.ts";

/** The buckets whose finalized objects are events. */
export type EventBucket = "raw" | "erasures";

/** The object that an event is about. */
export type EventObject = Pick<ObjectFacts, "name" | "generation">;

/** How events are published. */
interface RepublishOptions extends CallOptions {
  /** Has the images processed again. */
  readonly force?: Force;
}

/** May publish the events of finalized objects again. Who retries: the next run of the job that found them. */
export interface EventPublisher {
  /** Publishes an event an object, a thousand by one request. */
  republish(
    bucket: EventBucket,
    objects: readonly EventObject[],
    options?: RepublishOptions,
  ): Promise<void>;
}

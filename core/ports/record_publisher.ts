/** What others learn of images: one message an image and attempt. Who retries: the delivery that publishes. */
import type { ImageRecord } from "../model/image_record.ts";
import type { CallOptions } from "./call_options.ts";

/** May publish records. */
export interface RecordPublisher {
  /** Publishes at least once: a lost response may make two messages with one `event_id`. */
  publish(record: ImageRecord, options?: CallOptions): Promise<void>;
}

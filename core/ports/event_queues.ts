import type { CallOptions } from "./call_options.ts";

/** May learn how long events have waited. Who retries: the next run of the job that asks. */
export interface EventQueues {
  /**
   * The earliest time at which an event that still waits in a queue may have been published, in milliseconds since the
   * epoch; undefined where that cannot be learned of every queue. Throws `unavailable` where nobody responds.
   */
  waitingSince(options?: CallOptions): Promise<number | undefined>;
}

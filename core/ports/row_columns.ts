import type { CallOptions } from "./call_options.ts";

/** May ask which columns the warehouse's `images` table has. Who retries: nobody, it is asked once at the start. */
export interface RowColumns {
  /** Types by name, as BigQuery's SQL names them; throws `unavailable` where the warehouse does not answer. */
  columns(options?: CallOptions): Promise<ReadonlyMap<string, string>>;
}

import { AppError } from "@tintype/core/errors";
import type { ImageRef } from "@tintype/core/model/object_name";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type {
  AttemptFinder,
  AttemptKey,
  ImageSelection,
  ImageSelector,
  SelectedImages,
} from "@tintype/core/ports/image_selector";
import * as z from "zod";
import { cloudResult, statusOf } from "./_cloud_failure.ts";
import { imageKeySchema, refOfKey } from "./_image_key.ts";
import { inDataset, paramsOfImages, type QueryParams } from "./_query_parameters.ts";
import type { BigQueryClient } from "./bigquery_client.ts";
import { STATEMENTS } from "./bigquery_statements.ts";

/** A question costs what it reads: one over this is refused, in bytes (10 GiB, six US cents on demand). */
const MAX_BYTES_BILLED = 10 * 2 ** 30;

const attemptSchema = imageKeySchema.extend({
  generation: z.string(),
  attempt: z.coerce.number(),
  status: z.string(),
});
const totalsSchema = z.object({
  images: z.coerce.number(),
  bytes: z.coerce.number(),
  work_ms: z.coerce.number(),
});

/** What operators' commands ask BigQuery about images. */
export class BigQueryImageRows implements ImageSelector, AttemptFinder {
  readonly #client: BigQueryClient;
  readonly #dataset: string;

  constructor(client: BigQueryClient, { dataset }: { readonly dataset: string }) {
    this.#client = client;
    this.#dataset = dataset;
  }

  async select(selection: ImageSelection, { signal }: CallOptions = {}): Promise<SelectedImages> {
    const from = `FROM tintype.images_current
WHERE t0 >= @from_t0 AND t0 < @to_t0 AND (${conditionOf(selection)})`;
    const params = { from_t0: new Date(selection.fromMs), to_t0: new Date(selection.toMs) };
    const totals = `SELECT COUNT(*) AS images, COALESCE(SUM(bytes), 0) AS bytes,
  COALESCE(SUM(total_ms), 0) AS work_ms\n${from}`;
    const [total] = z.array(totalsSchema).parse(await this.#run(totals, params, signal));
    const names = `SELECT tenant, owner, image_id\n${from}
ORDER BY t0, tenant, owner, image_id LIMIT ${selection.max}`;
    const rows = z.array(imageKeySchema).parse(await this.#run(names, params, signal));
    const { images = 0, bytes = 0, work_ms: workMs = 0 } = total ?? {};
    return { images, bytes, workMs, refs: rows.map(refOfKey) };
  }

  async attempts(
    refs: readonly ImageRef[],
    { signal }: CallOptions = {},
  ): Promise<readonly AttemptKey[]> {
    if (refs.length === 0) return [];
    const rows = await this.#run(STATEMENTS.held_attempts, paramsOfImages(refs), signal);
    return z.array(attemptSchema).parse(rows)
      .map(({ generation, attempt, status, ...key }) => ({
        ref: refOfKey(key),
        generation,
        attempt,
        status,
      }));
  }

  async #run(sql: string, params: QueryParams, signal: AbortSignal | undefined): Promise<unknown> {
    const running = this.#client.query({
      sql: inDataset(sql, this.#dataset),
      params,
      maxBytesBilled: MAX_BYTES_BILLED,
      signal,
    }).catch((cause: unknown) => {
      if (statusOf(cause) !== 400) throw cause;
      const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : "";
      throw new AppError("invalid_request", `Cannot select images as the warehouse says: ${why}`, {
        cause,
      });
    });
    const { rows } = await cloudResult("ask the warehouse for images", running, signal);
    return rows;
  }
}

/** The operator's own words, inside of a statement of ours. */
function conditionOf({ where = "TRUE" }: ImageSelection): string {
  if (!where.includes(";")) return where;
  throw new AppError(
    "invalid_request",
    "Cannot select images as the condition must be one expression, without a semicolon",
  );
}

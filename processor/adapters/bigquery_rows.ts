import { type ImageId, parseImageId } from "@tintype/core/model/image_id";
import type { ImageRef } from "@tintype/core/model/object_name";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type {
  ErasedRows,
  FailedImage,
  FailedRows,
  PersonRows,
  RowAuditor,
  RowCensus,
  RowPurger,
} from "@tintype/core/ports/image_rows";
import type {
  AttemptFinder,
  AttemptKey,
  HistoryQuery,
  HistoryRow,
  ImageHistory,
  ImageSelection,
  ImageSelector,
  SelectedImages,
} from "@tintype/core/ports/image_selector";
import * as z from "zod";
import { cloudResult } from "./_cloud_failure.ts";
import { imageKeySchema, refOfKey } from "./_image_key.ts";
import { inDataset, paramsOfImages, type QueryParams } from "./_query_parameters.ts";
import type { BigQueryClient, BigQueryStatement, StatementResult } from "./bigquery_client.ts";
import { type StatementName, STATEMENTS } from "./bigquery_statements.ts";

/** Which dataset, and what of it is deleted. */
export interface BigQueryRowsOptions {
  readonly dataset: string;
  /** Images older than this are purged in any case, in milliseconds. */
  readonly periodMs: number;
  /**
   * How old a row must be before it can be changed, in milliseconds: 0, unless BigQuery refuses to change rows that a
   * subscription has just written, as one refused row fails the whole statement.
   */
  readonly settleMs?: number;
}

/** A statement that would read more is refused, in bytes (10 GiB, six US cents on demand). */
const MAX_BYTES_BILLED = 10 * 2 ** 30;

const selectedSchema = imageKeySchema.extend({ generation: z.string(), images: z.coerce.number() });
const attemptSchema = imageKeySchema.extend({
  generation: z.string(),
  attempt: z.coerce.number(),
  status: z.string(),
});

/** Later than any row. */
const YEAR_MS = 365 * 86_400_000;

const personRowSchema = z.object({
  image_id: imageKeySchema.shape.image_id,
  row_json: z.string().transform((text): unknown => JSON.parse(text)),
});

const historySchema = z.object({
  image_id: imageKeySchema.shape.image_id,
  tenant: imageKeySchema.shape.tenant.nullable(),
  owner: imageKeySchema.shape.owner.nullable(),
  source: z.string().nullable(),
  generation: z.string().nullable(),
  attempt: z.number().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  processed_at: z.date(),
  processor_version: z.string().nullable(),
}).transform(({ image_id, processed_at, processor_version, ...row }): HistoryRow => ({
  ...row,
  imageId: image_id,
  processedAtMs: processed_at.getTime(),
  processorVersion: processor_version,
}));

const failedSchema = imageKeySchema.extend({
  generation: z.string(),
  failures: z.coerce.number(),
  failed_at: z.date(),
}).transform(({ generation, failures, failed_at, ...key }): FailedImage => ({
  ref: refOfKey(key),
  generation,
  failures,
  failedAtMs: failed_at.getTime(),
}));

/** The tables of images and certificates in BigQuery, whose rows are written by subscriptions. */
export class BigQueryRows
  implements
    RowPurger,
    ErasedRows,
    FailedRows,
    RowAuditor,
    ImageSelector,
    AttemptFinder,
    ImageHistory,
    PersonRows {
  readonly #client: BigQueryClient;
  readonly #options: BigQueryRowsOptions;

  constructor(client: BigQueryClient, options: BigQueryRowsOptions) {
    this.#client = client;
    this.#options = options;
  }

  async purge(t0Ms: number, options: CallOptions = {}): Promise<number> {
    return (await this.#run("purge_images", { t0: new Date(t0Ms) }, options)).affected;
  }

  async census(overdueT0Ms: number, options: CallOptions = {}): Promise<RowCensus> {
    const { rows } = await this.#run("census_images", { t0: new Date(overdueT0Ms) }, options);
    const { row_count, oldest_t0, overdue } = rows[0] ?? {};
    return {
      rows: Number(row_count ?? 0),
      overdue: Number(overdue ?? 0),
      oldestT0Ms: oldest_t0 instanceof Date ? oldest_t0.getTime() : undefined,
    };
  }

  async tombstones(imageIds: readonly ImageId[], options: CallOptions = {}) {
    if (imageIds.length === 0) return [];
    const { rows } = await this.#run("tombstones", paramsOfImages(imageIds), options);
    return rows.map(({ image_id }) => parseImageId(String(image_id)));
  }

  async removeErased(options: CallOptions = {}): Promise<number> {
    const { periodMs, settleMs = 0 } = this.#options;
    const nowMs = Date.now();
    return (await this.#run("remove_erased", {
      from_t0: new Date(nowMs - periodMs),
      settled_at: new Date(nowMs - settleMs),
    }, options)).affected;
  }

  async failedImages(fromT0Ms: number, options: CallOptions = {}) {
    const span = await this.#run("failed_span", { from_t0: new Date(fromT0Ms) }, options);
    const { from_t0, to_t0 } = span.rows[0] ?? {};
    if (!(from_t0 instanceof Date && to_t0 instanceof Date)) return [];
    const { rows } = await this.#run("failed_images", { from_t0, to_t0 }, options);
    return z.array(failedSchema).parse(rows);
  }

  async select(selection: ImageSelection, options: CallOptions = {}): Promise<SelectedImages> {
    const { fromMs, toMs, beforeMs = toMs + YEAR_MS, notVersion = "", max } = selection;
    const { tenant = "", source = "", status = "", reason = "", mediaType = "" } = selection;
    const { rows } = await this.#run("replayable_images", {
      from_t0: new Date(fromMs),
      to_t0: new Date(toMs),
      before: new Date(beforeMs),
      version: notVersion,
      tenant,
      source,
      status,
      reason,
      media_type: mediaType,
      max,
    }, { maxBytesBilled: MAX_BYTES_BILLED, ...options });
    const found = z.array(selectedSchema).parse(rows);
    return {
      images: found[0]?.images ?? 0,
      selected: found.map(({ generation, images: _, ...key }) => ({
        ref: refOfKey(key),
        generation,
      })),
    };
  }

  async attempts(
    refs: readonly ImageRef[],
    options: CallOptions = {},
  ): Promise<readonly AttemptKey[]> {
    if (refs.length === 0) return [];
    const { rows } = await this.#run(
      "held_attempts",
      paramsOfImages(refs.map(({ imageId }) => imageId)),
      options,
    );
    return z.array(attemptSchema).parse(rows)
      .map(({ tenant, owner, image_id, ...attempt }) => ({
        ref: refOfKey({ tenant, owner, image_id }),
        ...attempt,
      }));
  }

  async history({ idEnd, fromMs, toMs }: HistoryQuery, options: CallOptions = {}) {
    const params = { from_t0: new Date(fromMs), to_t0: new Date(toMs), id_end: idEnd };
    const { rows } = await this.#run("image_history", params, {
      maxBytesBilled: MAX_BYTES_BILLED,
      ...options,
    });
    return z.array(historySchema).parse(rows);
  }

  async rowsOf(
    { tenant, imageIds }: Parameters<PersonRows["rowsOf"]>[0],
    options: CallOptions = {},
  ) {
    if (imageIds.length === 0) return new Map();
    const { rows } = await this.#run("person_rows", { tenant, ...paramsOfImages(imageIds) }, {
      maxBytesBilled: MAX_BYTES_BILLED,
      ...options,
    });
    const found = z.array(personRowSchema).parse(rows);
    return new Map(imageIds.map((imageId) => [
      imageId,
      found.filter((row) => row.image_id === imageId).map((row) => row.row_json),
    ]));
  }

  async newestCertificate(options: CallOptions = {}): Promise<number> {
    const { rows } = await this.#run("newest_certificate", {}, options);
    return Number(rows[0]?.["newest"] ?? 0);
  }

  async #run(
    name: StatementName,
    params: QueryParams,
    { signal, maxBytesBilled }: CallOptions & Pick<BigQueryStatement, "maxBytesBilled">,
  ): Promise<StatementResult> {
    const sql = inDataset(STATEMENTS[name], this.#options.dataset);
    const running = this.#client.query({ sql, params, maxBytesBilled, signal });
    return await cloudResult(`run ${name}`, running, signal);
  }
}

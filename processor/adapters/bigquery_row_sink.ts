import { t0OfImageId } from "@tintype/core/model/image_id";
import type { ImageRow } from "@tintype/core/model/image_row";
import type { ImageRef } from "@tintype/core/model/object_name";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type {
  PurgeRow,
  RowAppender,
  RowAuditor,
  RowCensus,
  RowEraser,
  RowFinder,
  RowPurger,
  RowRemoval,
} from "@tintype/core/ports/row_sink";
import { Batcher } from "./_batcher.ts";
import { cloudResult, statusOf } from "./_cloud_failure.ts";
import { insertRows } from "./_insert_rows.ts";
import { inDataset, paramsOfImages, type QueryParams } from "./_query_parameters.ts";
import type { BigQueryClient, StatementResult } from "./bigquery_client.ts";
import { type StatementName, STATEMENTS } from "./bigquery_statements.ts";

/** Where rows go and how long a certificate's copy is kept. */
export interface BigQueryRowSinkOptions {
  readonly dataset: string;
  /** Copies of certificates older than this are deleted, in milliseconds. */
  readonly purgesRetentionMs: number;
  /** Before each insert's id: who rebuilds rows must not be taken for the deliveries of the last minute. */
  readonly insertIdPrefix?: string;
}

const BATCH = { maxItems: 100, maxWaitMs: 50 } as const;
const DAY_MS = 86_400_000;
const BUFFER_REFUSAL = /streaming buffer/i;

/** The warehouse in BigQuery. */
export class BigQueryRowSink implements RowAppender, RowEraser, RowFinder, RowPurger, RowAuditor {
  readonly #client: BigQueryClient;
  readonly #options: BigQueryRowSinkOptions;
  readonly #batcher: Batcher<ImageRow>;
  #purgesPurgedMs = 0;

  constructor(client: BigQueryClient, options: BigQueryRowSinkOptions) {
    this.#client = client;
    this.#options = options;
    const images = `${options.dataset}.images`;
    this.#batcher = new Batcher(
      (rows) => insertRows(client, images, rows.map((row) => this.#insertOf(row))),
      BATCH,
    );
  }

  async append(row: ImageRow, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await abortable(this.#batcher.add(row), signal);
  }

  #insertOf(row: ImageRow) {
    const { insertIdPrefix = "" } = this.#options;
    return { insertId: insertIdPrefix + insertIdOf(row), json: row };
  }

  async hide(...[ref, options]: Parameters<RowEraser["hide"]>): Promise<void> {
    const params = { ...keyOf(ref), processed_at: new Date(options.atMs) };
    await this.#change("hide_image", params, options.signal);
  }

  async remove(ref: ImageRef, { signal }: CallOptions = {}): Promise<RowRemoval> {
    return await this.#change("remove_image", keyOf(ref), signal);
  }

  async held(
    refs: readonly ImageRef[],
    { signal }: CallOptions = {},
  ): Promise<readonly ImageRef[]> {
    if (refs.length === 0) return [];
    const finding = this.#run("held_images", paramsOfImages(refs), signal);
    const { rows } = await cloudResult("find rows of images", finding, signal);
    const held = new Set(
      rows.map(({ tenant, owner, image_id }) => `${tenant}/${owner}/${image_id}`),
    );
    return refs.filter(({ tenant, owner, imageId }) => held.has(`${tenant}/${owner}/${imageId}`));
  }

  async purge(t0Ms: number, { signal }: CallOptions = {}): Promise<RowRemoval> {
    return await this.#change("purge_images", { t0: new Date(t0Ms) }, signal);
  }

  async census(overdueT0Ms: number, { signal }: CallOptions = {}): Promise<RowCensus> {
    const counting = this.#run("census_images", { t0: new Date(overdueT0Ms) }, signal);
    const { rows } = await cloudResult("count rows", counting, signal);
    const { row_count, oldest_t0, overdue } = rows[0] ?? {};
    return {
      rows: Number(row_count ?? 0),
      overdue: Number(overdue ?? 0),
      oldestT0Ms: oldest_t0 instanceof Date ? oldest_t0.getTime() : undefined,
    };
  }

  async newestCertificate({ signal }: CallOptions = {}): Promise<number> {
    const finding = this.#run("newest_certificate", {}, signal);
    const { rows } = await cloudResult("find the newest certificate", finding, signal);
    return Number(rows[0]?.["newest"] ?? 0);
  }

  async recordPurge(rows: readonly PurgeRow[], { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (rows.length > 0) {
      const purges = `${this.#options.dataset}.purges`;
      const inserted = await insertRows(this.#client, purges, rows.map(insertOfPurge), signal);
      const refused = inserted.find((error) => error !== undefined);
      if (refused !== undefined) throw refused;
    }
    await this.#purgePurges(signal);
  }

  /** Once a day and instance: the copies' own retention. */
  async #purgePurges(signal: AbortSignal | undefined): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.#purgesPurgedMs < DAY_MS) return;
    const params = { swept_at: new Date(nowMs - this.#options.purgesRetentionMs) };
    await this.#change("purge_purges", params, signal);
    this.#purgesPurgedMs = nowMs;
  }

  async #change(
    name: StatementName,
    params: QueryParams,
    signal: AbortSignal | undefined,
  ): Promise<RowRemoval> {
    const changing = this.#run(name, params, signal).catch((error: unknown) => {
      if (statusOf(error) === 400 && BUFFER_REFUSAL.test(String(error))) return undefined;
      throw error;
    });
    const changed = await cloudResult(`run ${name}`, changing, signal);
    return changed === undefined
      ? { state: "buffered" }
      : { state: "removed", rows: changed.affected };
  }

  async #run(
    name: StatementName,
    params: QueryParams,
    signal: AbortSignal | undefined,
  ): Promise<StatementResult> {
    const sql = inDataset(STATEMENTS[name], this.#options.dataset);
    return await this.#client.query({ sql, params, signal });
  }
}

/** One for each attempt and how it ended, so that a push that is delivered twice at once makes one row. */
function insertIdOf(row: ImageRow): string {
  return `${row.image_id}/${row.generation}/${row.attempt}/${row.status}`;
}

function insertOfPurge(row: PurgeRow) {
  return {
    insertId: `${row.certificate}/${row.store}`,
    json: {
      certificate: row.certificate,
      swept_at: new Date(row.sweptAtMs).toISOString(),
      store: row.store,
      evidence: row.evidence,
      oldest_t0: row.oldestT0Ms === undefined ? null : new Date(row.oldestT0Ms).toISOString(),
      looked_at: row.lookedAt,
      deleted: row.deleted,
      overdue: row.overdue,
    },
  };
}

function keyOf({ tenant, owner, imageId }: ImageRef) {
  return { tenant, owner, image_id: imageId, t0: new Date(t0OfImageId(imageId)) };
}

/** Settles as `promise`, or rejects with the signal's reason as soon as it is aborted: the batch itself goes on. */
async function abortable<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

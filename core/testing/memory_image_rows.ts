import { type ImageId, parseImageId } from "../model/image_id.ts";
import type { ImageRecord } from "../model/image_record.ts";
import type { ImageRow } from "../model/image_row.ts";
import type { ImageRef } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { isRemovedAtOnce } from "../model/reject_reason.ts";
import { parseTenant } from "../model/tenant.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type {
  ErasedRows,
  FailedImage,
  FailedRows,
  PersonRows,
  PurgePublisher,
  PurgeRow,
  RowAuditor,
  RowCensus,
  RowPurger,
} from "../ports/image_rows.ts";
import type {
  AttemptFinder,
  AttemptKey,
  HistoryQuery,
  HistoryRow,
  ImageHistory,
  ImageSelection,
  ImageSelector,
  RowFilter,
} from "../ports/image_selector.ts";
import type { RecordPublisher } from "../ports/record_publisher.ts";

/** How {@link MemoryImageRows} behave. */
interface MemoryImageRowsOptions {
  /** Runs before each operation: the place to fail or to interleave. */
  readonly before?: (operation: string) => void | Promise<void>;
}

/** The topic of records and the tables that its subscription writes, in memory: the reference that BigQuery is held to. */
export class MemoryImageRows
  implements
    RecordPublisher,
    PurgePublisher,
    RowPurger,
    ErasedRows,
    FailedRows,
    RowAuditor,
    ImageSelector,
    AttemptFinder,
    ImageHistory,
    PersonRows {
  readonly #options: MemoryImageRowsOptions;
  readonly #purges: PurgeRow[] = [];
  readonly #records: ImageRecord[] = [];
  #backlog: ImageRow[] = [];
  #rows: ImageRow[] = [];
  #isHeld = false;

  constructor(options: MemoryImageRowsOptions = {}) {
    this.#options = options;
  }

  /** All rows that are there, oldest first. */
  rows(): readonly ImageRow[] {
    return this.#rows;
  }

  /** Every record that was published, oldest first. */
  records(): readonly ImageRecord[] {
    return this.#records;
  }

  /** All lines of certificates, oldest first. */
  purges(): readonly PurgeRow[] {
    return this.#purges;
  }

  /** Keeps what is published from now on in the subscription's backlog until it is delivered. */
  hold(): void {
    this.#isHeld = true;
  }

  /** What waits in the backlog, oldest first. */
  backlog(): readonly ImageRow[] {
    return this.#backlog;
  }

  /** Delivers the rows of a status that wait, of any where none is given. */
  deliver(status?: string): void {
    const isMeant = (row: ImageRow) => status === undefined || row.status === status;
    this.#rows.push(...this.#backlog.filter(isMeant));
    this.#backlog = this.#backlog.filter((row) => !isMeant(row));
  }

  /** Writes rows as the subscription does. */
  write(...rows: readonly ImageRow[]): void {
    this.#rows.push(...rows);
  }

  async publish(record: ImageRecord, options?: CallOptions) {
    await this.#start("publish", options);
    this.#records.push(record);
    (this.#isHeld ? this.#backlog : this.#rows).push(record.row);
  }

  async publishPurge(rows: readonly PurgeRow[], options?: CallOptions) {
    await this.#start("publishPurge", options);
    this.#purges.push(...rows);
  }

  async purge(t0Ms: number, options?: CallOptions) {
    await this.#start("purge", options);
    return this.#delete((row) => t0Of(row) <= t0Ms);
  }

  async tombstones(imageIds: readonly ImageId[], options?: CallOptions) {
    await this.#start("tombstones", options);
    const erased = new Set(this.#tombstones().map(({ image_id }) => image_id));
    return imageIds.filter((id) => erased.has(id));
  }

  async removeErased(options?: CallOptions) {
    await this.#start("removeErased", options);
    const erased = new Set(this.#tombstones().map(imageOf));
    return this.#delete((row) => row.status !== "erased" && erased.has(imageOf(row)));
  }

  async census(overdueT0Ms: number, options?: CallOptions): Promise<RowCensus> {
    await this.#start("census", options);
    const times = this.#rows.map(t0Of);
    return {
      rows: times.length,
      overdue: times.filter((t0Ms) => t0Ms < overdueT0Ms).length,
      oldestT0Ms: times.length === 0 ? undefined : Math.min(...times),
    };
  }

  async failedImages(fromT0Ms: number, options?: CallOptions): Promise<readonly FailedImage[]> {
    await this.#start("failedImages", options);
    return this.#images((t0Ms) => t0Ms >= fromT0Ms).flatMap(({ newest, rows }): FailedImage[] => {
      if (newest.status !== "failed") return [];
      const failed = rows.filter(({ status }) => status === "failed");
      return [{
        ref: refOf(newest),
        generation: String(newest.generation),
        failures: new Set(failed.map(({ processed_at }) => processed_at)).size,
        failedAtMs: timeOf(newest),
      }];
    });
  }

  async select(selection: ImageSelection, options?: CallOptions) {
    await this.#start("select", options);
    const { fromMs, toMs, max } = selection;
    const images = this.#images((t0Ms) => t0Ms >= fromMs && t0Ms < toMs)
      .map(({ newest }) => newest)
      .filter((row) => row.owner !== null && row.generation !== null && isMeant(row, selection))
      .toSorted((a, b) => t0Of(a) - t0Of(b));
    return {
      images: images.length,
      selected: images.slice(0, max).map((row) => ({
        ref: refOf(row),
        generation: String(row.generation),
      })),
    };
  }

  async attempts(refs: readonly ImageRef[], options?: CallOptions): Promise<AttemptKey[]> {
    await this.#start("attempts", options);
    const ids = new Set<unknown>(refs.map(({ imageId }) => imageId));
    return this.#rows.filter(({ image_id, owner }) => ids.has(image_id) && owner !== null)
      .map((row) => ({
        ref: refOf(row),
        generation: String(row.generation),
        attempt: Number(row.attempt),
        status: String(row.status),
      }));
  }

  async history({ idEnd, fromMs, toMs }: HistoryQuery, options?: CallOptions) {
    await this.#start("history", options);
    const isAsked = (row: ImageRow) =>
      String(row.image_id).endsWith(idEnd) && t0Of(row) >= fromMs && t0Of(row) <= toMs;
    return this.#rows.filter(isAsked).toSorted((a, b) => timeOf(a) - timeOf(b)).map(historyOf);
  }

  async rowsOf({ tenant, imageIds }: Parameters<PersonRows["rowsOf"]>[0], options?: CallOptions) {
    await this.#start("rowsOf", options);
    const rowsOf = (imageId: ImageId) =>
      this.#rows.filter((row) => row.image_id === imageId && row["tenant"] === tenant);
    return new Map(imageIds.map((imageId) => [imageId, rowsOf(imageId)]));
  }

  async newestCertificate(options?: CallOptions) {
    await this.#start("newestCertificate", options);
    return Math.max(0, ...this.#purges.map(({ certificate }) => certificate));
  }

  /** Images without an erased row, by T0: all of their rows, and the newest one. */
  #images(isIn: (t0Ms: number) => boolean): { newest: ImageRow; rows: readonly ImageRow[] }[] {
    const images = Map.groupBy(this.#rows.filter((row) => isIn(t0Of(row))), imageOf).values();
    return [...images].filter((rows) => rows.every(({ status }) => status !== "erased"))
      .map((rows) => ({ rows, newest: rows.reduce((a, b) => timeOf(b) > timeOf(a) ? b : a) }));
  }

  #tombstones(): ImageRow[] {
    return this.#rows.filter(({ status }) => status === "erased");
  }

  #delete(isMeant: (row: ImageRow) => boolean): number {
    const before = this.#rows.length;
    this.#rows = this.#rows.filter((row) => !isMeant(row));
    return before - this.#rows.length;
  }

  async #start(operation: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#options.before?.(operation);
  }
}

function isMeant(row: ImageRow, filter: RowFilter): boolean {
  const { notVersion, beforeMs = Infinity } = filter;
  const { tenant, source, status, reason, mediaType: media_type } = filter;
  const wanted = { tenant, source, status, reason, media_type };
  return row["tenant"] !== "synthetic" && !isRemovedAtOnce(String(row["reason"])) &&
    timeOf(row) < beforeMs &&
    (notVersion === undefined || row["processor_version"] !== notVersion) &&
    Object.entries(wanted).every(([name, value]) => value === undefined || row[name] === value);
}

function historyOf(row: ImageRow): HistoryRow {
  const text = (name: string) => row[name] === null ? null : String(row[name]);
  const [tenant, owner] = [text("tenant"), text("owner")];
  return {
    imageId: parseImageId(String(row.image_id)),
    tenant: tenant === null ? null : parseTenant(tenant),
    owner: owner === null ? null : parseOwner(owner),
    source: text("source"),
    generation: text("generation"),
    attempt: row.attempt === null ? null : Number(row.attempt),
    status: String(row.status),
    reason: text("reason"),
    processedAtMs: timeOf(row),
    processorVersion: text("processor_version"),
  };
}

function timeOf({ processed_at }: ImageRow): number {
  return Date.parse(String(processed_at));
}

/** An id is its tenant's own: another's may be the same. */
function imageOf({ tenant, image_id }: ImageRow): string {
  return `${tenant}/${image_id}`;
}

function refOf({ tenant, owner, image_id }: ImageRow): ImageRef {
  return {
    tenant: parseTenant(String(tenant)),
    owner: parseOwner(String(owner)),
    imageId: parseImageId(String(image_id)),
  };
}

function t0Of(row: ImageRow): number {
  return Date.parse(String(row.t0));
}

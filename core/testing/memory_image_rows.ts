import { type ImageId, parseImageId } from "../model/image_id.ts";
import type { ImageRecord } from "../model/image_record.ts";
import type { ImageRow } from "../model/image_row.ts";
import type { ImageRef } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type {
  ErasedRows,
  FailedImage,
  FailedRows,
  PurgePublisher,
  PurgeRow,
  RowAuditor,
  RowCensus,
  RowPurger,
} from "../ports/image_rows.ts";
import type { RecordPublisher } from "../ports/record_publisher.ts";

/** How {@link MemoryImageRows} behave. */
interface MemoryImageRowsOptions {
  /** Runs before each operation: the place to fail or to interleave. */
  readonly before?: (operation: string) => void | Promise<void>;
}

/** The topic of records and the tables that its subscription writes, in memory: the reference that BigQuery is held to. */
export class MemoryImageRows
  implements RecordPublisher, PurgePublisher, RowPurger, ErasedRows, FailedRows, RowAuditor {
  readonly #options: MemoryImageRowsOptions;
  readonly #purges: PurgeRow[] = [];
  #records: ImageRecord[] = [];
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

  /** Remembers what is there; the answer puts it back. */
  checkpoint(): () => void {
    const [rows, records, backlog] = [[...this.#rows], [...this.#records], [...this.#backlog]];
    return () => {
      [this.#rows, this.#records, this.#backlog] = [[...rows], [...records], [...backlog]];
    };
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
    const kept = this.#rows.filter((row) => t0Of(row) >= fromT0Ms);
    const images = Map.groupBy(kept, imageOf).values();
    return [...images].flatMap((rows): FailedImage[] => {
      const times = rows.map(({ processed_at }) => Date.parse(String(processed_at)));
      const newest = rows[times.indexOf(Math.max(...times))];
      if (newest?.status !== "failed" || rows.some(({ status }) => status === "erased")) return [];
      const failed = rows.filter(({ status }) => status === "failed");
      return [{
        ref: refOf(newest),
        generation: String(newest.generation),
        failures: new Set(failed.map(({ processed_at }) => processed_at)).size,
        failedAtMs: Math.max(...times),
      }];
    });
  }

  async newestCertificate(options?: CallOptions) {
    await this.#start("newestCertificate", options);
    return Math.max(0, ...this.#purges.map(({ certificate }) => certificate));
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

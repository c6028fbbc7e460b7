import type { ImageRow } from "../model/image_row.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  PurgeRow,
  RowAppender,
  RowAuditor,
  RowCensus,
  RowEraser,
  RowFinder,
  RowPurger,
  RowRemoval,
} from "../ports/row_sink.ts";
import { sampleRow } from "./sample_row.ts";

/** How a {@link MemoryRowSink} behaves. */
interface MemoryRowSinkOptions {
  /** The real time where none is given. */
  readonly clock?: Clock;
  /** How long an appended row refuses removal, in milliseconds; 0 where none is given. */
  readonly bufferMs?: number;
  /** Runs before each operation: the place to fail or to interleave. */
  readonly before?: (operation: string) => void | Promise<void>;
}

interface Held {
  readonly row: ImageRow;
  readonly bufferedUntilMs: number;
}

/** The warehouse in memory: the reference that other sinks are held to. */
export class MemoryRowSink implements RowAppender, RowEraser, RowFinder, RowPurger, RowAuditor {
  readonly #options: MemoryRowSinkOptions;
  readonly #purges: PurgeRow[] = [];
  #held: Held[] = [];

  constructor(options: MemoryRowSinkOptions = {}) {
    this.#options = options;
  }

  /** All rows that are there, oldest first. */
  rows(): ImageRow[] {
    return this.#held.map(({ row }) => row);
  }

  /** All lines of certificates, oldest first. */
  purges(): readonly PurgeRow[] {
    return this.#purges;
  }

  /** Remembers the rows that are there; the answer puts them back. */
  checkpoint(): () => void {
    const held = this.#held.slice();
    return () => void (this.#held = held.slice());
  }

  async append(row: ImageRow, options?: CallOptions) {
    await this.#start("append", options?.signal);
    const bufferedUntilMs = this.#now() + (this.#options.bufferMs ?? 0);
    this.#held.push({ row, bufferedUntilMs });
  }

  async hide(...[ref, options]: Parameters<RowEraser["hide"]>): Promise<void> {
    await this.#start("hide", options.signal);
    const isHidden = this.rows().some((row) => isOf(row, ref) && row.status === "erased");
    if (isHidden) return;
    const processedAt = new Date(options.atMs).toISOString();
    const values = { status: "erased", processed_at: processedAt, generation: "0", source: null };
    this.#held.push({ row: sampleRow(ref, values), bufferedUntilMs: 0 });
  }

  async remove(ref: ImageRef, options?: CallOptions) {
    await this.#start("remove", options?.signal);
    return this.#delete((row) => isOf(row, ref));
  }

  async held(refs: readonly ImageRef[], options?: CallOptions) {
    await this.#start("held", options?.signal);
    return refs.filter((ref) => this.rows().some((row) => isOf(row, ref)));
  }

  async purge(t0Ms: number, options?: CallOptions) {
    await this.#start("purge", options?.signal);
    return this.#delete((row) => t0Of(row) <= t0Ms);
  }

  async census(...[overdueT0Ms, options]: Parameters<RowPurger["census"]>): Promise<RowCensus> {
    await this.#start("census", options?.signal);
    const times = this.rows().map(t0Of);
    return {
      rows: times.length,
      overdue: times.filter((t0Ms) => t0Ms < overdueT0Ms).length,
      oldestT0Ms: times.length === 0 ? undefined : Math.min(...times),
    };
  }

  async recordPurge(...[rows, options]: Parameters<RowPurger["recordPurge"]>): Promise<void> {
    await this.#start("recordPurge", options?.signal);
    this.#purges.push(...rows);
  }

  async newestCertificate(options?: CallOptions) {
    await this.#start("newestCertificate", options?.signal);
    return Math.max(0, ...this.#purges.map(({ certificate }) => certificate));
  }

  #delete(isMeant: (row: ImageRow) => boolean): RowRemoval {
    const meant = this.#held.filter(({ row }) => isMeant(row));
    if (meant.some(({ bufferedUntilMs }) => bufferedUntilMs > this.#now())) {
      return { state: "buffered" };
    }
    this.#held = this.#held.filter(({ row }) => !isMeant(row));
    return { state: "removed", rows: meant.length };
  }

  async #start(operation: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await this.#options.before?.(operation);
  }

  #now(): number {
    return (this.#options.clock ?? Date).now();
  }
}

function isOf(row: ImageRow, ref: ImageRef): boolean {
  return row.image_id === ref.imageId && row.tenant === ref.tenant && row.owner === ref.owner;
}

function t0Of(row: ImageRow): number {
  return Date.parse(String(row.t0));
}

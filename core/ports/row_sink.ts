/**
 * The warehouse, split by right. Who retries: adapters repeat lost connections, 429 and 5xx a few times within seconds
 * and then throw `unavailable`; everything else is retried by whoever delivered the work.
 */
import type { CallOptions } from "./call_options.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { ImageRow } from "../model/image_row.ts";

/** May append rows of images. */
export interface RowAppender {
  /** Appends one attempt's row, at least once: readers take the newest row of an image. */
  append(row: ImageRow, options?: CallOptions): Promise<void>;
}

/** What became of a removal: `buffered` while rows still lie in a streaming buffer that refuses it. */
export type RowRemoval = { readonly state: "removed"; readonly rows: number } | {
  readonly state: "buffered";
};

/** May hide and remove the rows of one image. */
export interface RowEraser {
  /** Makes views hide the image at once, by one `erased` row that can itself be removed at any time. Idempotent. */
  hide(
    ref: ImageRef,
    options: CallOptions & { readonly atMs: number },
  ): Promise<void>;
  /** Removes every row of the image, `erased` ones included. */
  remove(
    ref: ImageRef,
    options?: CallOptions,
  ): Promise<RowRemoval>;
}

/** May tell which images have rows: one question for many, as a question costs the same whatever it is about. */
export interface RowFinder {
  /** Those of `refs`, 1,000 at most, that have any row, rows in a streaming buffer included. */
  held(
    refs: readonly ImageRef[],
    options?: CallOptions,
  ): Promise<readonly ImageRef[]>;
}

/** What the warehouse still holds. */
export interface RowCensus {
  readonly rows: number;
  /** Rows whose T0 lies before the time that was asked about. */
  readonly overdue: number;
  /** Milliseconds since the epoch, undefined where there is no row. */
  readonly oldestT0Ms: number | undefined;
}

/** One line of a certificate's copy in the warehouse. */
export interface PurgeRow {
  readonly certificate: number;
  readonly sweptAtMs: number;
  readonly store: string;
  readonly evidence: "observed" | "configured";
  readonly oldestT0Ms: number | undefined;
  readonly lookedAt: number;
  readonly deleted: number;
  readonly overdue: number;
}

/** May purge rows by T0 and tell what is left. */
export interface RowPurger {
  /** Deletes rows whose T0 lies at or before `t0Ms`. */
  purge(t0Ms: number, options?: CallOptions): Promise<RowRemoval>;
  /** Counts rows, and those whose T0 lies before `overdueT0Ms`. */
  census(
    overdueT0Ms: number,
    options?: CallOptions,
  ): Promise<RowCensus>;
  /** Copies a certificate's lines into the warehouse. */
  recordPurge(
    rows: readonly PurgeRow[],
    options?: CallOptions,
  ): Promise<void>;
}

/** May tell what is left and which certificates were copied, and change nothing. */
export interface RowAuditor extends Pick<RowPurger, "census"> {
  /** The highest number among the copies of certificates, 0 where there is none. */
  newestCertificate(options?: CallOptions): Promise<number>;
}

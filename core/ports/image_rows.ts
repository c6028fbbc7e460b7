/**
 * BigQuery's tables as the keeper and auditors use them; rows are written by subscriptions, never by us. Who retries:
 * adapters repeat lost connections, 429 and 5xx a few times within seconds and then throw `unavailable`; the next run of
 * the job does everything else.
 */
import type { CallOptions } from "./call_options.ts";
import type { ImageId } from "../model/image_id.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { Tenant } from "../model/tenant.ts";
import type { Generation } from "./object_store.ts";

/** What BigQuery still holds of images. */
export interface RowCensus {
  readonly rows: number;
  /** Rows whose T0 lies before the time that was asked about. */
  readonly overdue: number;
  /** Milliseconds since the epoch, undefined where there is no row. */
  readonly oldestT0Ms: number | undefined;
}

/** May purge rows by T0 and count what is left. */
export interface RowPurger {
  /** Deletes rows whose T0 lies at or before `t0Ms`, by one statement; returns how many went. */
  purge(t0Ms: number, options?: CallOptions): Promise<number>;
  /** Counts rows, and those whose T0 lies before `overdueT0Ms`. */
  census(overdueT0Ms: number, options?: CallOptions): Promise<RowCensus>;
}

/** May delete the rows of erased images. */
export interface ErasedRows {
  /** Those of the images, 1,000 at most, whose `erased` row is there. */
  tombstones(imageIds: readonly ImageId[], options?: CallOptions): Promise<readonly ImageId[]>;
  /** Deletes, by one statement, every other row of all images that have an `erased` row; returns how many went. */
  removeErased(options?: CallOptions): Promise<number>;
}

/** May read all that rows say of images. */
export interface PersonRows {
  /** Every row of the images, at most 1,000 of one tenant: all columns, by image. */
  rowsOf(
    images: { readonly tenant: Tenant; readonly imageIds: readonly ImageId[] },
    options?: CallOptions,
  ): Promise<ReadonlyMap<ImageId, readonly unknown[]>>;
}

/** An image whose newest row says `failed`. */
export interface FailedImage {
  readonly ref: ImageRef;
  /** Of the raw object that failed. */
  readonly generation: Generation;
  /** How many manifests have said so, each after all attempts of an event. */
  readonly failures: number;
  /** When the newest of them did, in milliseconds since the epoch. */
  readonly failedAtMs: number;
}

/** May find failed images. */
export interface FailedRows {
  /** Those whose T0 is not before `fromT0Ms`; costs next to nothing where there is none. */
  failedImages(fromT0Ms: number, options?: CallOptions): Promise<readonly FailedImage[]>;
}

/** One line of a certificate's copy in BigQuery: the columns of `purges`. */
export interface PurgeRow {
  readonly certificate: number;
  /** ISO 8601, as all times here. */
  readonly swept_at: string;
  readonly store: string;
  readonly evidence: "observed" | "configured";
  readonly oldest_t0: string | null;
  readonly looked_at: number;
  readonly deleted: number;
  readonly overdue: number;
}

/** May publish the copy of a certificate. */
export interface PurgePublisher {
  publishPurge(rows: readonly PurgeRow[], options?: CallOptions): Promise<void>;
}

/** May count what is left and the copies of certificates, and change nothing. */
export interface RowAuditor extends Pick<RowPurger, "census"> {
  /** The highest number among the copies of certificates, 0 where there is none. */
  newestCertificate(options?: CallOptions): Promise<number>;
}

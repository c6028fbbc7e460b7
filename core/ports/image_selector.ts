/** Questions about images for operators' jobs. Who retries: whoever has the job run. */
import type { ImageId } from "../model/image_id.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { Owner } from "../model/owner.ts";
import type { Tenant } from "../model/tenant.ts";
import type { CallOptions } from "./call_options.ts";
import type { Generation } from "./object_store.ts";

/** What the newest row of an image must say; what is left out may be anything. */
export interface RowFilter {
  readonly tenant?: string | undefined;
  readonly source?: string | undefined;
  readonly status?: string | undefined;
  readonly reason?: string | undefined;
  readonly mediaType?: string | undefined;
  /** Its processor's version is another one. */
  readonly notVersion?: string | undefined;
  /** It was processed before this time, in milliseconds. */
  readonly beforeMs?: number | undefined;
}

/** Which images: by T0, from `fromMs` to before `toMs`, and by their newest row. */
export interface ImageSelection extends RowFilter {
  readonly fromMs: number;
  readonly toMs: number;
  /** At most so many `selected`, those of the oldest T0 first. */
  readonly max: number;
}

/** An image of a selection. */
interface SelectedImage {
  readonly ref: ImageRef;
  /** Of the raw object that was processed. */
  readonly generation: Generation;
}

/** What answers to a selection. */
export interface SelectedImages {
  /** How many there are, beyond `max` too. */
  readonly images: number;
  readonly selected: readonly SelectedImage[];
}

/** May ask which images answer to a selection; erased and synthetic ones, those without a raw object, and refusals of Kafka never do. */
export interface ImageSelector {
  select(selection: ImageSelection, options?: CallOptions): Promise<SelectedImages>;
}

/** One row's key: an attempt at an image and how it ended. */
export interface AttemptKey extends SelectedImage {
  readonly attempt: number;
  readonly status: string;
}

/** May ask which attempts have a row. */
export interface AttemptFinder {
  /** Every row's key of `refs`, at most 1,000 of them. */
  attempts(refs: readonly ImageRef[], options?: CallOptions): Promise<readonly AttemptKey[]>;
}

/** A row, as far as operators look at it. */
export interface HistoryRow {
  readonly imageId: ImageId;
  readonly tenant: Tenant | null;
  /** Null in rows of erasures and of Kafka's refusals. */
  readonly owner: Owner | null;
  readonly source: string | null;
  readonly generation: Generation | null;
  readonly attempt: number | null;
  readonly status: string;
  readonly reason: string | null;
  readonly processedAtMs: number;
  readonly processorVersion: string | null;
}

/** Which rows: those whose image's id ends so, with a T0 from `fromMs` to `toMs`. */
export interface HistoryQuery {
  readonly idEnd: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** May ask for the rows of an image. */
export interface ImageHistory {
  /** The oldest first, at most 1,000. */
  history(query: HistoryQuery, options?: CallOptions): Promise<readonly HistoryRow[]>;
}

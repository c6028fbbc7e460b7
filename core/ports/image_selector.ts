/** Questions to the warehouse about images, for the operators' commands. Who retries: whoever runs the command. */
import type { ImageRef } from "../model/object_name.ts";
import type { CallOptions } from "./call_options.ts";

/** Which images: by T0, from `fromMs` to before `toMs`, and by a condition in SQL over the view `images_current`. */
export interface ImageSelection {
  readonly fromMs: number;
  readonly toMs: number;
  readonly where?: string | undefined;
  /** At most so many `refs`, those of the oldest T0 first. */
  readonly max: number;
}

/** What answers to a selection. */
export interface SelectedImages {
  /** All of them, beyond `max` too. */
  readonly images: number;
  /** Bytes of all of them as they were uploaded. */
  readonly bytes: number;
  /** What all of them together took when they were processed, in milliseconds. */
  readonly workMs: number;
  readonly refs: readonly ImageRef[];
}

/** May ask which images answer to a condition. */
export interface ImageSelector {
  /** Throws `invalid_request` for a condition that the warehouse does not understand, `unavailable` where it is away. */
  select(selection: ImageSelection, options?: CallOptions): Promise<SelectedImages>;
}

/** One row's key: an attempt at an image and how it ended. */
export interface AttemptKey {
  readonly ref: ImageRef;
  readonly generation: string;
  readonly attempt: number;
  readonly status: string;
}

/** May ask which attempts have a row. */
export interface AttemptFinder {
  /** Every row's key of `refs`, at most 1,000 of them. */
  attempts(refs: readonly ImageRef[], options?: CallOptions): Promise<readonly AttemptKey[]>;
}

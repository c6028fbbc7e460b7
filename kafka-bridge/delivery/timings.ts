/** Times of a bridge, in milliseconds. */
export interface Timings {
  readonly commitEveryMs: number;
  /** First and longest wait before a record is tried again. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** How long uploads under way may go on after the stop. */
  readonly graceMs: number;
  /** How long a chunk set may be silent at the end of its partition before it is given up. */
  readonly chunkSilenceMs: number;
}

/**
 * The replay of many images: select them by the warehouse's rows, oldest T0 first, as those have the least time left;
 * replay a few at a time; count what became of each; stop where nothing works any more.
 */
import { forEachBounded } from "../concurrency.ts";
import { AppError, isAppError } from "../errors.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ImageSelector, SelectedImages } from "../ports/image_selector.ts";
import type { ProcessImagePorts } from "./process_ports.ts";
import { replayImage, type ReplayOutcome } from "./replay_image.ts";

/** What to replay. */
interface ReplaySelection {
  /** A UTC day of T0, `yyyy-mm-dd`: all that are kept where none is given. */
  readonly day?: string | undefined;
  /** A condition in SQL over `images_current`. */
  readonly where?: string | undefined;
  readonly max: number;
}

/** How many images ended how; `failed` ones are as they were. */
export type ReplayTally = Record<ReplayOutcome["outcome"] | "failed", number>;

/** How to go through them. */
interface ReplayImagesOptions extends CallOptions {
  readonly atOnce: number;
  readonly mayReject: boolean;
  /** Told after each image, with the error of one that failed. */
  readonly onEnd?: (tally: Readonly<ReplayTally>, failure?: AppError) => void;
}

const NOTHING_DONE = {
  ...{ replayed: 0, kept: 0, current: 0, overtaken: 0, open: 0 },
  ...{ too_late: 0, gone: 0, erased: 0, failed: 0 },
};
const DAY_MS = 86_400_000;
/** Clocks of doors may be ahead (the image id's rule). */
const AHEAD_MS = 10_000;
/** So many images that fail one after another are the stores' fault, not theirs. */
const MAX_FAILURES_IN_A_ROW = 20;

/** What selecting needs. */
interface SelectPorts extends Pick<ProcessImagePorts, "policy" | "clock"> {
  readonly selector: ImageSelector;
}

/** Selects images that can still be replayed: those in their closing time and beyond are left out. */
export async function selectForReplay(
  { selector, policy, clock }: SelectPorts,
  { day, where, max }: ReplaySelection,
  options: CallOptions = {},
): Promise<SelectedImages> {
  const nowMs = clock.now();
  const openMs = nowMs - policy.periodMs + policy.closingMs + 1;
  const dayMs = day === undefined ? undefined : Date.parse(`${day}T00:00:00Z`);
  const selection = {
    fromMs: Math.max(dayMs ?? 0, openMs),
    toMs: dayMs === undefined ? nowMs + AHEAD_MS : dayMs + DAY_MS,
    where,
    max,
  };
  if (selection.fromMs >= selection.toMs) return { images: 0, bytes: 0, workMs: 0, refs: [] };
  return await selector.select(selection, options);
}

/** Replays the images; throws `unavailable` where twenty failed in a row, and ends with its signal. */
export async function replayImages(
  ports: ProcessImagePorts,
  refs: readonly ImageRef[],
  { atOnce, mayReject, onEnd, signal }: ReplayImagesOptions,
): Promise<ReplayTally> {
  const tally: ReplayTally = { ...NOTHING_DONE };
  let failuresInARow = 0;
  await forEachBounded(refs, atOnce, async (ref) => {
    signal?.throwIfAborted();
    try {
      const { outcome } = await replayImage(ports, ref, { mayReject, signal });
      tally[outcome]++;
      failuresInARow = 0;
      onEnd?.(tally);
    } catch (error) {
      if (signal?.aborted || !isAppError(error)) throw error;
      tally.failed++;
      onEnd?.(tally, error);
      if (++failuresInARow < MAX_FAILURES_IN_A_ROW) return;
      const message = `Cannot go on with the replay as ${failuresInARow} images failed in a row`;
      throw new AppError("unavailable", message, { cause: error });
    }
  });
  return tally;
}

import type { ReadinessBlocker } from "../operations/readiness_blockers.ts";

/** A record must wait, through no fault of its own: the cause says why. */
export class HeldUp extends Error {
  override readonly name = "HeldUp";
  readonly blocker: ReadinessBlocker;

  constructor(blocker: ReadinessBlocker, cause: unknown) {
    super(`Cannot go on without ${blocker}`, { cause });
    this.blocker = blocker;
  }
}

/** What `asked` resolves with; throws HeldUp where it fails. */
export async function orHeldUp<T>(blocker: ReadinessBlocker, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new HeldUp(blocker, error);
  }
}

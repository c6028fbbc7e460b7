/** What is asked about the work. */
export interface ProgressSources {
  /** Longest time without progress, in milliseconds. */
  readonly stallMs: number;
  /** Whether there is work that nothing outside of this process holds up. */
  readonly isDue: () => boolean;
  /** Is another one whenever something has progressed. */
  readonly progress: () => string;
}

const LOOK_EVERY_MS = 1_000;

/** Looks each second whether due work progresses. */
export function watchProgress({ stallMs, isDue, progress }: ProgressSources) {
  let last = progress();
  let movedAtMs = performance.now();
  const timer = setInterval(() => {
    const now = progress();
    if (now === last && isDue()) return;
    last = now;
    movedAtMs = performance.now();
  }, Math.min(LOOK_EVERY_MS, stallMs));
  return {
    /** Why a new process would do better; undefined where work progresses or is not due. */
    stall(): string | undefined {
      const silentMs = performance.now() - movedAtMs;
      if (silentMs <= stallMs) return undefined;
      return `no progress for ${Math.round(silentMs / 1000)} s`;
    },
    stop: () => clearInterval(timer),
  };
}

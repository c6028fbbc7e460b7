/** Abort signals from `AbortController` alone: React Native has neither `AbortSignal.any` nor `timeout` nor `reason`. */

/** A signal that follows another, or ends by itself; `release` when it is no longer needed. */
interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Whether its own time was over first. */
  isTimedOut(): boolean;
  /** Stops the clock and lets go of the other signal. */
  release(): void;
}

/** When a linked signal ends. */
interface LinkOptions {
  readonly timeoutMs: number;
  /** How long after the parent, in milliseconds. */
  readonly graceMs?: number;
}

/** A signal that is aborted with `parent`, `graceMs` after it, or when `timeoutMs` are over. */
export function linkSignal(
  parent: AbortSignal | undefined,
  { timeoutMs, graceMs = 0 }: LinkOptions,
): LinkedSignal {
  const controller = new AbortController();
  let timedOut = false;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const onTimeout = () => {
    timedOut = !controller.signal.aborted;
    controller.abort();
  };
  if (timeoutMs !== Infinity) timers.push(setTimeout(onTimeout, timeoutMs));
  const onAbort = () => {
    if (graceMs === 0) controller.abort();
    else timers.push(setTimeout(() => controller.abort(), graceMs));
  };
  if (parent?.aborted) onAbort();
  else parent?.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    isTimedOut: () => timedOut,
    release() {
      for (const timer of timers) clearTimeout(timer);
      parent?.removeEventListener("abort", onAbort);
    },
  };
}

/** Throws the reason of an aborted signal; an error named AbortError where the platform keeps none. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/** Why a signal was aborted. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? Object.assign(new Error("This was aborted"), { name: "AbortError" });
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await untilAborted(signal, (resolve) => {
    const timer = setTimeout(resolve, ms);
    return () => clearTimeout(timer);
  });
}

/** Waits until `begin` calls back, or throws the signal's reason; what `begin` answers ends the waiting. */
export async function untilAborted(
  signal: AbortSignal | undefined,
  begin: (resolve: () => void) => () => void,
): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      end();
      if (signal !== undefined) reject(reasonOf(signal));
    };
    const end = begin(() => {
      signal?.removeEventListener("abort", onAbort);
      end();
      resolve();
    });
    signal?.addEventListener("abort", onAbort);
  });
}

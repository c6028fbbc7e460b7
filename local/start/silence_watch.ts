/** How often and how long to listen. */
interface SilenceWatchOptions {
  /** How long nothing may be heard, in milliseconds. */
  readonly silenceMs: number;
  /** Called when nothing was heard for so long; the count begins again. */
  readonly onSilence: () => void;
}

const ASKS_PER_SILENCE = 6;

/**
 * Asks an address again and again from its first answer on: a process can live and answer nobody. Any status is an
 * answer. Returns what ends the watch.
 */
export function watchForSilence(
  url: string,
  { silenceMs, onSilence }: SilenceWatchOptions,
): () => void {
  const everyMs = silenceMs / ASKS_PER_SILENCE;
  let heardAt: number | undefined;
  let isEnded = false;
  const ask = async () => {
    const hasAnswered = await statusOf(url, everyMs) !== undefined;
    if (isEnded) return;
    if (hasAnswered) heardAt = Date.now();
    else if (heardAt !== undefined && Date.now() - heardAt >= silenceMs) {
      heardAt = undefined;
      onSilence();
    }
    timer = setTimeout(ask, everyMs);
  };
  let timer = setTimeout(ask, everyMs);
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

/** The status with which an address answers, undefined where it does not within the time. */
export async function statusOf(url: string, timeoutMs: number): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

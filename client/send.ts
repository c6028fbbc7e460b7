import { UploadError } from "./problem.ts";
import type { SendingFetch } from "./xhr_fetch.ts";
import { linkSignal, throwIfAborted } from "@tintype/gcs/signals";

/** What to send; the body must be one that can be sent again. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob | Uint8Array<ArrayBuffer> | string;
}

/** An answer that came whole. */
export interface Answer {
  readonly response: Response;
  readonly text: string;
}

/** How long a request may take. */
export interface SendLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** How long after an abort the answer is still waited for. */
  readonly graceMs?: number;
  /** Called with the bytes of the body that have left, where the platform can say it. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/**
 * Sends a request once and reads the whole answer, whatever its status. A lost connection and the time's end become
 * UploadError of code `network`; an abort throws the signal's reason.
 */
export async function send(
  fetcher: SendingFetch,
  { url, ...init }: Request,
  { timeoutMs, signal, graceMs = 0, onSent }: SendLimits,
): Promise<Answer> {
  throwIfAborted(signal);
  const linked = linkSignal(signal, { timeoutMs, graceMs });
  try {
    const response = await fetcher(url, { ...init, signal: linked.signal, onSent });
    return { response, text: await response.text() };
  } catch (cause) {
    throwIfAborted(signal);
    const detail = linked.isTimedOut() ? `no response in ${timeoutMs} ms` : "no response";
    throw new UploadError({ status: 0, code: "network", detail }, { cause });
  } finally {
    linked.release();
  }
}

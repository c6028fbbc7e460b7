import { UploadError } from "./problem.ts";

/** What to send; the body must be one that can be sent again. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob | string;
}

/** An answer that came whole. */
export interface Answer {
  readonly response: Response;
  readonly text: string;
}

/**
 * Sends a request once and reads the whole answer, whatever its status. A lost connection and the time's end become
 * UploadError of code `network`; an abort throws the signal's reason.
 */
export async function send(
  fetcher: typeof fetch,
  { url, ...init }: Request,
  { timeoutMs, signal }: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const response = await fetcher(url, { ...init, signal: both });
    return { response, text: await response.text() };
  } catch (cause) {
    signal?.throwIfAborted();
    const detail = limit.aborted ? `no answer came in ${timeoutMs} ms` : "no answer came";
    throw new UploadError({ status: 0, code: "network", detail }, { cause });
  }
}

import { problemOf, UploadError } from "./problem.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";
import { type Answer, type Request, send } from "./send.ts";

/** How the edge is reached. */
export interface EdgeAccess {
  readonly edge: string;
  readonly token: () => string | Promise<string>;
  readonly fetcher: typeof fetch;
  readonly retry: RetryPolicy;
}

/** One call of the edge; every one of them may be repeated, as ids are the client's. */
export interface EdgeCall {
  readonly path: string;
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Calls the edge and answers its JSON. Throws UploadError, the signal's reason, or what the token's source throws. */
export type CallEdge = <T>(call: EdgeCall) => Promise<T>;

/** Makes the caller: a token for each try, retries after lost connections, 408, 429 and 5xx. */
export function edgeCaller({ edge, token, fetcher, retry }: EdgeAccess): CallEdge {
  return async <T>(call: EdgeCall) => {
    const { signal } = call;
    const attempt = async () => {
      const request = requestOf(call, { edge, token: await token() });
      return jsonOf<T>(await send(fetcher, request, { timeoutMs: retry.timeoutMs, signal }));
    };
    return await withRetry(attempt, { retry, signal });
  };
}

function requestOf(
  { path, method = "GET", body }: EdgeCall,
  { edge, token }: { readonly edge: string; readonly token: string },
): Request {
  const url = new URL(path, edge).href;
  const authorization = { Authorization: `Bearer ${token}` };
  if (body === undefined) return { url, method, headers: authorization };
  const headers = { ...authorization, "Content-Type": "application/json" };
  return { url, method, headers, body: JSON.stringify(body) };
}

function jsonOf<T>({ response, text }: Answer): T {
  if (!response.ok) throw new UploadError(problemOf(response, text));
  try {
    return JSON.parse(text) as T; // the edge's contract
  } catch (cause) {
    const detail = "the answer was not JSON";
    throw new UploadError({ status: response.status, code: "protocol", detail }, { cause });
  }
}

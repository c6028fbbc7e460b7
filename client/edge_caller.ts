import { problemOf, UploadError } from "./problem.ts";
import { type PauseOptions, withRetry } from "./retry.ts";
import { type Answer, type Request, send } from "./send.ts";

/** Gives an access token; `refused` is the one that the edge has just answered with 401, so that it is renewed. */
export type TokenSource = (
  request: { readonly refused?: string | undefined },
) => string | Promise<string>;

/** How the edge is reached. */
export interface EdgeAccess extends Pick<PauseOptions, "retry"> {
  readonly edge: string;
  readonly token: TokenSource;
  readonly fetcher: typeof fetch;
}

/** One call of the edge; every one of them may be repeated, as ids are the client's. */
interface EdgeCall extends Omit<PauseOptions, "retry"> {
  readonly path: string;
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** How long after an abort the answer is still waited for. */
  readonly graceMs?: number;
}

/** Calls the edge and answers its JSON. Throws UploadError, the signal's reason, or what the token's source throws. */
export type CallEdge = <T>(call: EdgeCall) => Promise<T>;

/** Makes the caller: a token for each try, another where one was refused, retries after lost connections, 408, 429 and 5xx. */
export function edgeCaller(access: EdgeAccess): CallEdge {
  return async <T>(call: EdgeCall) =>
    await withRetry(async () => jsonOf<T>(await attempt(call, access)), { ...access, ...call });
}

async function attempt(call: EdgeCall, { edge, token, fetcher, retry }: EdgeAccess) {
  const limits = { timeoutMs: retry.timeoutMs, signal: call.signal, graceMs: call.graceMs ?? 0 };
  const sendWith = async (own: string) =>
    await send(fetcher, requestOf(call, { edge, token: own }), limits);
  const first = await token({});
  const answer = await sendWith(first);
  if (answer.response.status !== 401) return answer;
  const renewed = await token({ refused: first });
  return renewed === first ? answer : await sendWith(renewed);
}

function requestOf(
  { path, method = "GET", body }: EdgeCall,
  { edge, token }: { readonly edge: string; readonly token: string },
): Request {
  // Not by `URL`, whose stand-in in React Native changes what it is given.
  const url = `${edge.replace(/\/+$/, "")}${path}`;
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

import { problemOf, UploadError } from "./problem.ts";
import { type PauseOptions, withRetry } from "./retry.ts";
import { type Answer, type Request, send } from "./send.ts";
import type { ServerClock } from "./server_clock.ts";
import { backoffMs } from "@tintype/gcs/backoff";
import { sleep } from "@tintype/gcs/signals";

/** Gives an access token; `refused` is the one that the edge has just answered with 401, so that it is renewed. */
export type TokenSource = (
  request: { readonly refused?: string | undefined },
) => string | Promise<string>;

/** How the edge is reached. */
export interface EdgeAccess extends Pick<PauseOptions, "retry"> {
  readonly edge: string;
  readonly token: TokenSource;
  readonly fetcher: typeof fetch;
  readonly clock: ServerClock;
  /** The `Accept` header. */
  readonly accept: string;
}

/** One call of the edge; every one of them may be repeated, as ids are the client's. */
interface EdgeCall extends Omit<PauseOptions, "retry"> {
  readonly path: string;
  readonly method?: string;
  /** Makes what each try sends as JSON. */
  readonly bodyOf?: () => unknown;
  /** How long after an abort the answer is still waited for. */
  readonly graceMs?: number;
  /** False where the caller itself tries again. */
  readonly isRepeated?: boolean;
}

/** Calls the edge and answers its JSON. Throws UploadError, the signal's reason, or what the token's source throws. */
export type CallEdge = <T>(call: EdgeCall) => Promise<T>;

/** Makes the caller: a token for each try, another where one was refused, retries after lost connections, 408, 429 and 5xx. */
export function edgeCaller(access: EdgeAccess): CallEdge {
  return async <T>(call: EdgeCall) => {
    const once = async () => jsonOf<T>(await attempt(call, access));
    return call.isRepeated === false ? await once() : await withRetry(once, { ...access, ...call });
  };
}

const TOKEN_TRIES = 3;

/** A source that is asked again where it failed, as an issuer may for a moment; an UploadError says itself whether that helps. */
export function patientSource(token: TokenSource, retry: PauseOptions["retry"]): TokenSource {
  return async (request) => {
    for (let tries = 1;; tries++) {
      try {
        return await token(request);
      } catch (error) {
        if (error instanceof UploadError || tries === TOKEN_TRIES) throw error;
        await sleep(backoffMs(tries, retry));
      }
    }
  };
}

async function attempt(call: EdgeCall, access: EdgeAccess) {
  const { edge, token, fetcher, retry, clock, accept } = access;
  const limits = { timeoutMs: retry.timeoutMs, signal: call.signal, graceMs: call.graceMs ?? 0 };
  const sendWith = async (own: string) =>
    await send(fetcher, requestOf(call, { edge, token: own, accept }), limits);
  const first = await token({});
  const answer = await sendWith(first);
  clock.note(answer.response.headers.get("date"));
  if (answer.response.status !== 401) return answer;
  const renewed = await token({ refused: first });
  return renewed === first ? answer : await sendWith(renewed);
}

function requestOf(
  { path, method = "GET", bodyOf }: EdgeCall,
  { edge, token, accept }: Pick<EdgeAccess, "edge" | "accept"> & { readonly token: string },
): Request {
  // Not by `URL`, whose replacement in React Native changes what it is given.
  const url = `${edge.replace(/\/+$/, "")}${path}`;
  const common = { Authorization: `Bearer ${token}`, Accept: accept };
  if (bodyOf === undefined) return { url, method, headers: common };
  const headers = { ...common, "Content-Type": "application/json" };
  return { url, method, headers, body: JSON.stringify(bodyOf()) };
}

function jsonOf<T>({ response, text }: Answer): T {
  if (!response.ok) throw new UploadError(problemOf(response, text));
  try {
    return JSON.parse(text) as T; // the edge's contract
  } catch (cause) {
    const detail = "the response is not JSON";
    throw new UploadError({ status: response.status, code: "protocol", detail }, { cause });
  }
}

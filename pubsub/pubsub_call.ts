/**
 * A call of Pub/Sub's REST API v1: a token from the caller, one POST with JSON, a response that is no success becomes a
 * PubSubError, and the one retry policy repeats it. `publish` and `pull` are built on this.
 */
import { RETRY, type RetryPolicy, withRetry } from "@tintype/gcs/retry";
import { linkSignal, throwIfAborted } from "@tintype/gcs/signals";
import { fetchTransport, type Transport } from "@tintype/gcs/transport";
import { PubSubError, pubSubErrorOf } from "./pubsub_error.ts";

/** Where Pub/Sub is, and how it is reached. */
export interface PubSubAccess {
  /** Where an emulator listens, without a path; `https://pubsub.googleapis.com` by default. */
  readonly endpoint?: string;
  /** Gives an access token, anew for each attempt; undefined for none, as the emulator is called. */
  readonly token?: () => Promise<string | undefined>;
  /** `fetch` by default. */
  readonly transport?: Transport;
  /** How long one attempt may take in milliseconds, its response included: 30 000 by default. */
  readonly timeoutMs?: number;
  /** How often a call is tried: the policy of Cloud Storage's calls by default. */
  readonly retry?: RetryPolicy;
}

/** How a call is ended early. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

const GOOGLE_PUBSUB = "https://pubsub.googleapis.com";

const ATTEMPT_MS = 30_000;

/**
 * Calls `POST /v1/{resource}:{verb}` and returns the JSON of its response; `resource` is a full name,
 * `projects/P/topics/T`. Throws PubSubError, or the signal's reason.
 */
export async function callPubSub(
  access: PubSubAccess,
  method: { readonly resource: string; readonly verb: string },
  body: unknown,
  { signal }: CallOptions = {},
): Promise<unknown> {
  const path = `/v1/${method.resource.split("/").map(encodeURIComponent).join("/")}:${method.verb}`;
  const bytes = [new TextEncoder().encode(JSON.stringify(body))];
  const attempt = () => callOnce(access, { path, bytes, signal });
  return await withRetry(attempt, { signal, policy: access.retry ?? RETRY });
}

interface Attempt extends CallOptions {
  readonly path: string;
  readonly bytes: readonly Uint8Array[];
}

async function callOnce(access: PubSubAccess, { path, bytes, signal }: Attempt): Promise<unknown> {
  const { endpoint = GOOGLE_PUBSUB, transport = fetchTransport, timeoutMs = ATTEMPT_MS } = access;
  const linked = linkSignal(signal, { timeoutMs });
  try {
    const response = await transport({
      method: "POST",
      url: endpoint + path,
      headers: { "content-type": "application/json", ...await credentials(access) },
      body: bytes,
      signal: linked.signal,
    });
    const text = await response.text();
    if (response.status >= 200 && response.status < 300) return JSON.parse(text);
    throw pubSubErrorOf(response, text);
  } catch (cause) {
    throwIfAborted(signal);
    if (cause instanceof PubSubError) throw cause;
    throw new PubSubError("No response came from Pub/Sub", { status: 0 }, { cause });
  } finally {
    linked.release();
  }
}

async function credentials({ token }: PubSubAccess): Promise<Record<string, string>> {
  const value = await token?.();
  return value === undefined ? {} : { authorization: `Bearer ${value}` };
}

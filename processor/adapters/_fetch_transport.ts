import type { BigQuery } from "@google-cloud/bigquery";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudFailure, isRetryable } from "./_cloud_failure.ts";

type Send = BigQuery["makeAuthenticatedRequest"];
type Request = Parameters<Send>[0];
type Callback = (error: Error | null, body?: unknown, response?: unknown) => void;

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 200;
const ATTEMPT_TIMEOUT_MS = 60_000;
const MAX_ERROR_CHARACTERS = 500;

/**
 * Makes a client send its requests by `fetch`. Its own transport never settles under Deno when a connection ends before
 * the reply, and knows no timeout. Each request is tried three times, as every one of ours may be repeated: inserts have
 * ids, statements change nothing the second time.
 */
export function sendByFetch(client: BigQuery): void {
  const { getCredentials, authClient } = client.makeAuthenticatedRequest;
  const send = (request: Request, callback: Callback): void => {
    sendRetried(request, () => authClient.getRequestHeaders(request.uri)).then(
      (body) => callback(null, body, { statusCode: 200, body }),
      (error) => callback(error),
    );
  };
  // The client calls this form of its overloads and no other for requests without a stream.
  client.makeAuthenticatedRequest = Object.assign(send, { getCredentials, authClient }) as Send;
}

async function sendRetried(request: Request, authorize: () => Promise<Headers>): Promise<unknown> {
  for (let attempt = 1;; attempt++) {
    try {
      return await sendOnce(request, await authorize());
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
    }
    await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
  }
}

async function sendOnce(
  { method = "GET", uri, qs, json }: Request,
  headers: Headers,
): Promise<unknown> {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(qs ?? {})) {
    if (value !== undefined) url.searchParams.append(name, String(value));
  }
  const hasBody = typeof json === "object";
  if (hasBody) headers.set("content-type", "application/json");
  const response = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
    ...(hasBody ? { body: JSON.stringify(json) } : {}),
  });
  const text = await response.text();
  if (response.ok) return text === "" ? {} : JSON.parse(text);
  const message = `BigQuery answered ${response.status}: ${text.slice(0, MAX_ERROR_CHARACTERS)}`;
  throw new CloudFailure(message, { code: response.status });
}

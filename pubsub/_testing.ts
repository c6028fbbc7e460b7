import type { StorageResponse } from "@tintype/gcs/transport";
import type { PubSubAccess } from "./pubsub_call.ts";

/** A topic of the tests. */
export const TOPIC = "projects/p/topics/t";
/** A subscription of the tests. */
export const SUBSCRIPTION = "projects/p/subscriptions/s";

/** A request as it was sent, its body parsed. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

/** Access to nothing but a function, with a new token for each attempt, three attempts and no waits. */
export function makeAccess(answer: (request: SentRequest) => Promise<StorageResponse>) {
  const requests: SentRequest[] = [];
  let tokens = 0;
  const access: PubSubAccess = {
    endpoint: "http://pubsub.test",
    token: () => Promise.resolve(`token-${++tokens}`),
    retry: { attempts: 3, minDelayMs: 0, maxDelayMs: 0, maxRetryAfterMs: 0, tooManyMs: 0 },
    async transport({ method, url, headers, body, signal }) {
      const [bytes = new Uint8Array()] = body as readonly Uint8Array[]; // this client sends one part
      const text = new TextDecoder().decode(bytes);
      const request = { method, url, headers, body: JSON.parse(text), signal };
      requests.push(request);
      return await answer(request);
    },
  };
  return { access, requests };
}

/** A JSON response. */
export function respond(status: number, json: unknown): Promise<StorageResponse> {
  return Promise.resolve(Response.json(json, { status }));
}

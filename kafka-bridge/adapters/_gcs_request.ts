/**
 * Requests to Cloud Storage over kept connections, straight from the bytes that Kafka's client holds: the runtime's
 * `fetch` copies each body first, which at large records is half of the memory and a third of the time.
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** One request. */
export interface StorageRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The body in parts, none of which is copied. */
  readonly body?: readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
}

/** An answer, read to its end. */
export interface StorageAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** Sends a request; throws Error where no whole answer came. */
export type SendRequest = (request: StorageRequest) => Promise<StorageAnswer>;

/** Cloud Storage did not answer as hoped; the code is the HTTP status. */
export class StorageFailure extends Error {
  override readonly name = "StorageFailure";
  readonly code: number;

  constructor({ status, text }: StorageAnswer) {
    super(`Cloud Storage answered ${status}: ${text.slice(0, 300)}`);
    this.code = status;
  }
}

/** A bucket and how to talk to it. */
export interface BucketAccess {
  readonly bucket: string;
  readonly endpoint: string;
  readonly send: SendRequest;
  /** The request's credentials, asked for before each one. */
  readonly authorize: () => Promise<Readonly<Record<string, string>>>;
}

const RETRYABLE: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether a create-only request may be repeated after it: it was not taken, or nobody knows. */
export function isRetryable(error: unknown): boolean {
  return !(error instanceof StorageFailure) || RETRYABLE.has(error.code);
}

const MAX_SOCKETS = 64;

/** A sender for an endpoint, over at most 64 kept connections; a request that is silent for `timeoutMs` fails. */
export function storageSender(endpoint: URL, timeoutMs: number): SendRequest {
  const isHttps = endpoint.protocol === "https:";
  const request = isHttps ? httpsRequest : httpRequest;
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: "lifo" } as const;
  const agent = isHttps ? new HttpsAgent(options) : new HttpAgent(options);
  return ({ method, url, headers, body = [], signal }) =>
    new Promise((resolve, reject) => {
      const length = body.reduce((sum, part) => sum + part.byteLength, 0);
      const call = request(url, {
        method,
        agent,
        timeout: timeoutMs,
        headers: { ...headers, "content-length": length },
        ...(signal === undefined ? {} : { signal }),
      });
      call.once("timeout", () => call.destroy(new Error("Cloud Storage does not answer in time")));
      call.once("error", reject);
      call.once("response", (response) => {
        readText(response).then((text) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        }, reject);
      });
      for (const part of body) call.write(part);
      call.end();
    });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const part of response) text += part;
  return text;
}

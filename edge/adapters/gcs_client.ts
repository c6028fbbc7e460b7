import { AppError } from "@tintype/core/errors";
import {
  type SignedUrl,
  signUrl,
  type V4Request,
  type V4Signer,
} from "@tintype/core/gcp/v4_signer";
import type { Clock } from "@tintype/core/ports/clock";

/** Where storage is, and who signs. */
export interface GcsClientOptions {
  readonly endpoint: string;
  readonly signer: V4Signer;
  readonly clock: Clock;
  /** Waits between attempts, in milliseconds; the real time where none is given. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** A request of the XML API that is about to be signed. */
export interface GcsRequest extends Pick<V4Request, "method" | "bucket" | "object" | "query"> {
  /** Signed and sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent without being signed. */
  readonly unsignedHeaders?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

const MAX_ATTEMPTS = 3;
const BACKOFF_MS = 100;
const ATTEMPT_TIMEOUT_MS = 10_000;
const SIGNATURE_SECONDS = 300;
const MAX_ERROR_CHARACTERS = 4_096;
/** Statuses that a later attempt may not see (https://cloud.google.com/storage/docs/retry-strategy). */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** Sends signed requests to Cloud Storage's XML API; each is repeated only when the caller says that it is idempotent. */
export class GcsClient {
  readonly #options: GcsClientOptions;

  constructor(options: GcsClientOptions) {
    this.#options = options;
  }

  /** Signs a URL for somebody else, or for {@link send}. */
  sign(request: Omit<V4Request, "endpoint">): Promise<SignedUrl> {
    const { endpoint, signer, clock } = this.#options;
    return signUrl(signer, { ...request, endpoint }, { nowMs: clock.now() });
  }

  /** Milliseconds since the epoch, by which signatures are dated. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Sends once: for bodies that can be read once. Throws `unavailable` where no answer came or a passing one. */
  async sendOnce(request: GcsRequest): Promise<Response> {
    const response = await this.#attempt(request, request.signal).catch((cause: unknown) => {
      throw unavailable(cause);
    });
    if (!PASSING.has(response.status)) return response;
    await response.body?.cancel();
    throw unavailable(new Error(`status ${response.status}`));
  }

  /** Sends up to three times: for requests that may be repeated. Throws `unavailable` where all failed. */
  async send(request: GcsRequest): Promise<Response> {
    for (let attempt = 1;; attempt++) {
      const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
      const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
      try {
        const response = await this.#attempt(request, signal);
        if (!PASSING.has(response.status)) return response;
        await response.body?.cancel();
        if (attempt >= MAX_ATTEMPTS) throw unavailable(new Error(`status ${response.status}`));
      } catch (error) {
        request.signal?.throwIfAborted();
        if (attempt >= MAX_ATTEMPTS) throw unavailable(error);
      }
      await this.#sleep(BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
    }
  }

  async #attempt(request: GcsRequest, signal: AbortSignal | undefined): Promise<Response> {
    const { unsignedHeaders, body, signal: _, ...signed } = request;
    const { url, headers } = await this.sign({ ...signed, expiresSeconds: SIGNATURE_SECONDS });
    const init: RequestInit = {
      method: request.method,
      headers: { ...headers, ...unsignedHeaders },
      redirect: "manual",
    };
    if (request.method === "GET") init.cache = "no-store";
    if (signal !== undefined) init.signal = signal;
    if (body !== undefined) init.body = body;
    return await fetch(url, init);
  }

  #sleep(ms: number): Promise<void> {
    const { sleep = (wait) => new Promise((resolve) => setTimeout(resolve, wait)) } = this.#options;
    return sleep(ms);
  }
}

/** What storage says when it refuses: status, its own code, and the permission that lacks. */
export interface GcsRefusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly namesDeletePermission: boolean;
}

/** Reads a refusal's body (the XML API's `Error`), at most 4,096 characters of it. */
export async function readRefusal(response: Response): Promise<GcsRefusal> {
  const text = (await response.text()).slice(0, MAX_ERROR_CHARACTERS);
  return {
    status: response.status,
    code: /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1],
    namesDeletePermission: text.includes("storage.objects.delete"),
  };
}

/** The error of an answer that no request of ours should get. */
export function unexpected({ status, code }: GcsRefusal): AppError {
  return new AppError("internal", `Storage answered ${status} ${code ?? ""}`.trim());
}

function unavailable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError("unavailable", "Storage does not answer now", { cause });
}

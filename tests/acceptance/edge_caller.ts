/** Calls of a deployed edge, and what every response of it must be. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { problem } from "@tintype/edge/schemas";

const ATTEMPT_MS = 30_000;
const POLL_MS = 1_000;

/** A schema of the contract. */
interface Schema<T> {
  parse(value: unknown): T;
}

/** What a call sends. */
export interface Sent {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: BodyInit;
}

/** Calls an edge as one caller. */
export class EdgeCaller {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  /** Calls `METHOD /path` once. Throws where nothing responds, or where a header that every response has is missing. */
  async call(
    route: string,
    { token = this.token, headers, json, body }: Sent = {},
  ): Promise<Response> {
    const [method = "GET", path = ""] = route.split(" ");
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...token === "" ? {} : { authorization: `Bearer ${token}` },
        ...json === undefined ? {} : { "content-type": "application/json" },
        ...headers,
      },
      body: json === undefined ? body ?? null : JSON.stringify(json),
      signal: AbortSignal.timeout(ATTEMPT_MS),
    });
    assert.ok(response.headers.has("x-request-id"), `${route}: no X-Request-Id`);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", route);
    return response;
  }

  /** Calls, and reads a response of this status and schema. */
  async read<T>(route: string, schema: Schema<T>, status: number, sent?: Sent): Promise<T> {
    const response = await this.call(route, sent);
    const text = await response.text();
    assert.equal(response.status, status, `${route}: ${text}`);
    return schema.parse(JSON.parse(text));
  }

  /** Calls, and reads a refusal (RFC 9457) `STATUS code`; returns it without what differs each time. */
  async refused(route: string, expected: string, sent?: Sent): Promise<string> {
    const response = await this.call(route, sent);
    const text = await response.text();
    assert.equal(
      response.headers.get("content-type"),
      "application/problem+json",
      `${route}: ${text}`,
    );
    const { requestId, ...rest } = problem.parse(JSON.parse(text));
    assert.equal(`${response.status} ${rest.code}`, expected, `${route}: ${text}`);
    assert.equal(requestId, response.headers.get("x-request-id"), route);
    assert.deepEqual([rest.status, rest.type], [response.status, `/problems/${rest.code}`], route);
    return JSON.stringify(rest);
  }

  /** Reads until `isEnd` says so; throws where it does not within `waitMs`. */
  async until<T>(
    route: string,
    schema: Schema<T>,
    { isEnd, waitMs }: { readonly isEnd: (value: T) => boolean; readonly waitMs: number },
  ): Promise<T> {
    for (const endMs = Date.now() + waitMs;;) {
      const value = await this.read(route, schema, 200);
      if (isEnd(value)) return value;
      assert.ok(Date.now() < endMs, `${route} is still ${JSON.stringify(value)}`);
      await sleep(POLL_MS);
    }
  }
}

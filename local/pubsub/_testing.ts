import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { makeIssuerApp } from "../oidc/issuer_app.ts";
import { KeyRing } from "../oidc/key_ring.ts";
import { IdentityTokens } from "./identity_tokens.ts";
import { PushQueue, type PushQueueOptions } from "./push_queue.ts";

/** One request as the test's endpoint saw it. */
export interface Pushed {
  readonly path: string;
  readonly authorization: string;
  readonly body: {
    readonly message: {
      readonly data: string;
      readonly attributes: Readonly<Record<string, string>>;
      readonly messageId: string;
      readonly message_id: string;
      readonly publishTime: string;
      readonly publish_time: string;
    };
    readonly subscription: string;
    readonly deliveryAttempt?: number;
  };
  readonly atMs: number;
}

/** Starts a server on a free port that ends with the test; answers its base address. */
export async function startServer(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close().closeAllConnections());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://localhost:${address.port}`;
}

/** An endpoint that keeps what it was sent and answers each with a status, or a promise of one. */
export async function startEndpoint(
  t: TestContext,
  statusOf: (pushed: Pushed, count: number) => number | Promise<number>,
): Promise<{ url: string; pushed: Pushed[] }> {
  const pushed: Pushed[] = [];
  const url = await startServer(t, async (request, response) => {
    const one: Pushed = {
      path: request.url ?? "",
      authorization: request.headers.authorization ?? "",
      body: JSON.parse(await readText(request)),
      atMs: Date.now(),
    };
    pushed.push(one);
    response.writeHead(await statusOf(one, pushed.length)).end();
  });
  return { url, pushed };
}

let keys: Promise<KeyRing> | undefined;

/** The identity service of the local cloud on a free port; `state.working = false` breaks it. */
export async function startIdentity(t: TestContext) {
  keys ??= makeKeys();
  const app = makeIssuerApp({ keys: await keys, issuer: "http://localhost:9080" });
  const state = { working: true, tokens: 0 };
  const url = await startServer(t, async (request, response) => {
    if (!state.working) return void response.writeHead(503).end();
    if (request.url === "/google/token") state.tokens++;
    app(request, response);
  });
  return { url, state };
}

/** A queue in a database in memory, with short waits; both are closed with the test. */
export function makeQueue(
  t: TestContext,
  options: { processorUrl: string; issuerUrl: string } & Partial<PushQueueOptions>,
): PushQueue {
  const { issuerUrl, policy, ...rest } = options;
  const db = options.db ?? new DatabaseSync(":memory:");
  const queue = new PushQueue({
    identity: new IdentityTokens({ issuerUrl }),
    policy: { minBackoffMs: 10, maxBackoffMs: 40, maxAttempts: 3, ...policy },
    ...rest,
    db,
  });
  t.after(async () => {
    await queue.close(0);
    if (db.isOpen && options.db === undefined) db.close();
  });
  return queue;
}

/** A FINALIZE of `name` in the raw bucket. */
export function finalized(name: string) {
  const resource = { kind: "storage#object", name, generation: "1700000000000001", size: "12" };
  return { eventType: "OBJECT_FINALIZE", bucket: "tintype-raw", resource } as const;
}

/** Waits until `check` holds; fails after five seconds. */
export async function eventually(check: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!check()) {
    assert.ok(Date.now() < deadline, `Never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function makeKeys(): Promise<KeyRing> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-keys-"));
  return await KeyRing.open(folder).finally(() => rm(folder, { recursive: true }));
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += part;
  return text;
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { startApp } from "../http/_testing.ts";
import { KeyRing } from "../oidc/key_ring.ts";
import { makeOidcApp } from "../oidc/oidc_app.ts";
import { IdentityTokens } from "./identity_tokens.ts";
import type { StorageEvent } from "./push_message.ts";
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

/** The status of each push, or a promise of one; `count` is 1 for the first. */
type StatusOf = (pushed: Pushed, count: number) => number | Promise<number>;

/** Starts a server on a free port that ends with the test; returns its base address. */
export async function startServer(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close().closeAllConnections());
  const address = server.address() as AddressInfo; // it listens on a port
  return `http://localhost:${address.port}`;
}

/** An endpoint that keeps what it was sent. */
export async function startEndpoint(t: TestContext, statusOf: StatusOf) {
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
  const app = makeOidcApp({ keys: await keys, issuer: () => "http://localhost:9080" });
  const state = { working: true, tokens: 0 };
  const url = await startApp(t, {
    ...app,
    answer(call) {
      if (!state.working) return { status: 503 };
      if (call.path === "/google/token") state.tokens++;
      return app.answer(call);
    },
  });
  return { url, state };
}

/** A queue in a database in memory, with short waits, whose pushes find nobody by default; closed with the test. */
export function makeQueue(t: TestContext, options: Partial<PushQueueOptions> = {}): PushQueue {
  const { policy, ...rest } = options;
  const db = options.db ?? new DatabaseSync(":memory:");
  const queue = new PushQueue({
    identity: new IdentityTokens({ oidcUrl: "http://localhost:1" }),
    processorUrl: "http://localhost:1",
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

/** A queue with an identity service, and an endpoint that answers each push with a status. */
export async function startPushes(
  t: TestContext,
  statusOf: StatusOf,
  options: Partial<PushQueueOptions> = {},
) {
  const { url: oidcUrl, state } = await startIdentity(t);
  const { url, pushed } = await startEndpoint(t, statusOf);
  const identity = new IdentityTokens({ oidcUrl });
  const endpoint = { processorUrl: url, identity };
  return { queue: makeQueue(t, { ...endpoint, ...options }), pushed, endpoint, oidcUrl, state };
}

/** Publishes a FINALIZE of each name and starts deliveries. */
export function publish(queue: PushQueue, ...names: readonly string[]): void {
  for (const name of names) queue.enqueue(finalized(name));
  queue.wake();
}

/** A FINALIZE of `name` in the raw bucket. */
export function finalized(name: string): StorageEvent {
  const resource = { kind: "storage#object", name, generation: "1700000000000001", size: "12" };
  return { eventType: "OBJECT_FINALIZE", bucket: "tintype-raw", resource };
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

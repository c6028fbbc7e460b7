import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { askControl, startApp } from "../http/_testing.ts";
import { KeyRing } from "../oidc/key_ring.ts";
import { makeOidcApp } from "../oidc/oidc_app.ts";
import { problemsOf } from "./_descriptors_testing.ts";
import { bigqueryDestination } from "./bigquery_destination.ts";
import { Broker, type BrokerOptions } from "./broker.ts";
import { IdentityTokens } from "./identity_tokens.ts";
import { LOCAL_TIMING, type LocalTiming } from "./local_timing.ts";
import { makePubSubApp } from "./pubsub_app.ts";
import { pushControls } from "./push_control.ts";
import { pushDestination } from "./push_destination.ts";
import { EVENTS_TOPIC, makeTopology } from "./topology.ts";

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

/** The project of the tests. */
export const PROJECT = "tintype-local";
const EVENTS = `projects/${PROJECT}/topics/${EVENTS_TOPIC}`;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
const NOBODY = "http://localhost:1";

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

/** What a test changes of a queue. */
export interface QueueOptions extends Partial<Pick<BrokerOptions, "db" | "clock">> {
  readonly timing?: Partial<LocalTiming>;
  readonly retentionMs?: number;
  readonly processorUrl?: string;
  readonly oidcUrl?: string;
  readonly bigqueryUrl?: string;
}

/** A started broker with the project's topology and short waits, whose deliveries find nobody by default; closed with the test. */
export function makeQueue(t: TestContext, options: QueueOptions = {}) {
  const { retentionMs = 604_800_000, processorUrl = NOBODY, bigqueryUrl = NOBODY } = options;
  const { db = new DatabaseSync(":memory:"), oidcUrl = NOBODY, clock = Date } = options;
  const short = { minBackoffMs: 10, maxBackoffMs: 40, maxAttempts: 3 };
  const timing = { ...LOCAL_TIMING, ...short, ...options.timing };
  const identity = new IdentityTokens({ oidcUrl });
  const log = SILENT;
  const broker = new Broker({
    db,
    timing,
    log,
    clock,
    destinationOf(subscription) {
      if (subscription.bigqueryConfig) {
        return bigqueryDestination(subscription, { bigqueryUrl, log });
      }
      if (!subscription.pushConfig.pushEndpoint) return undefined;
      return pushDestination(subscription, { identity, timing, log });
    },
  });
  makeTopology(broker, {
    project: PROJECT,
    processorUrl,
    edgeUrl: NOBODY,
    webhooksUrl: NOBODY,
    retentionMs,
  });
  broker.start();
  t.after(async () => {
    await broker.close(0);
    if (db.isOpen && options.db === undefined) db.close();
  });
  const controls = pushControls(broker, { project: `projects/${PROJECT}`, events: EVENTS_TOPIC });
  return {
    broker,
    controls,
    status: () => statusOf(controls),
    /** Publishes a message with each name as its `objectId`. */
    publish: (...names: readonly string[]) =>
      broker.publish(EVENTS, names.map((objectId) => ({ data: "e30=", attributes: { objectId } }))),
    configure: (change: object) => askControl(controls, "POST", "/_local/push", change),
  };
}

/** A queue with an identity service, and an endpoint that responds to each push with a status. */
export async function startPushes(t: TestContext, statusOf: StatusOf, options: QueueOptions = {}) {
  const { url: oidcUrl, state } = await startIdentity(t);
  const { url: processorUrl, pushed } = await startEndpoint(t, statusOf);
  const endpoint = { processorUrl, oidcUrl };
  return { queue: makeQueue(t, { ...endpoint, ...options }), pushed, endpoint, oidcUrl, state };
}

/** The REST API over a queue; every call that succeeds is held against the descriptors. */
export async function startApi(t: TestContext, options: QueueOptions = {}, identity?: string) {
  const queue = makeQueue(t, options);
  const { broker, controls } = queue;
  const app = makePubSubApp({ broker, project: PROJECT, controls });
  const url = await startApp(t, {
    ...app,
    answer: (call) => app.answer(identity === undefined ? call : { ...call, identity }),
  });
  const call = async (method: string, rest: string, body?: unknown): Promise<ApiResponse> => {
    const path = `/v1/projects/${PROJECT}/${rest}`;
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url + path, { method, ...sent });
    const json: unknown = await response.json();
    if (response.ok) assert.deepEqual(problemsOf({ method, path, body }, json), []);
    return { status: response.status, body: Object(json), code: Object(json).error?.status };
  };
  return { ...queue, url, call };
}

/** A response of the API. */
interface ApiResponse {
  readonly status: number;
  /** Its JSON as it came. */
  readonly body: Record<string, unknown>;
  /** The code of an error. */
  readonly code: string | undefined;
}

type Status = Readonly<
  Record<
    "queued" | "delivering" | "delivered" | "deadLettered" | "deadDelivered" | "dead" | "expired",
    number
  > & { held: number; dropped: number; oldestQueuedMs: number | null; settings: object }
>;

function statusOf(controls: ReturnType<typeof pushControls>): Status {
  const control = controls.find(({ method, path }) => method === "GET" && path === "/_local/push");
  const { body } = Object(control?.run(undefined));
  return body;
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

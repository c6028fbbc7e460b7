import { makePushEnvelope } from "@tintype/core/events/push_envelope";
import { makeStorageNotification } from "@tintype/core/events/notification";
import { jsonLog } from "@tintype/core/json_log";
import { TestWorld, type TestWorldOptions } from "@tintype/core/testing/test_world";
import type { Hono } from "hono";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createOidcVerifier } from "./adapters/oidc_verifier.ts";
import type { SlowLanes } from "./adapters/pubsub_publisher.ts";
import { createApp } from "./app.ts";
import { FairQueue } from "./fair_queue.ts";
import { PixelProgress } from "./pixel_progress.ts";
import { createKeeperApp, type KeeperAppOptions } from "./keeper_app.ts";
import { createKeeperMetrics } from "./telemetry/keeper_metrics.ts";
import { createMetrics } from "./telemetry/metrics.ts";

/** Whom the app under test believes. */
export const PUSH_ACCOUNT = "push@tintype-local.iam.gserviceaccount.com";
/** Whose jobs the app under test runs. */
export const SCHEDULER_ACCOUNT = "scheduler@tintype-local.iam.gserviceaccount.com";
/** Whose parts of jobs the app under test runs. */
export const KEEPER_ACCOUNT = "keeper@tintype-local.iam.gserviceaccount.com";
/** The base address that tokens name. */
export const AUDIENCE = "http://localhost:8080";

const KEY_ID = "test-key";
/** Signs tokens as Google would, and serves its public key on a port of its own. */
export async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = [{ ...await exportJWK(publicKey), kid: KEY_ID, alg: "RS256", use: "sig" }];
  let fetches = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    fetches++;
    return Response.json({ keys });
  });
  const sign = async (claims: Record<string, unknown>, key = privateKey) =>
    await new SignJWT({
      iss: "https://accounts.google.com",
      sub: "1",
      email: PUSH_ACCOUNT,
      email_verified: true,
      ...claims,
    }).setProtectedHeader({ alg: "RS256", kid: KEY_ID }).setIssuedAt().setExpirationTime(
      Number(claims["exp"] ?? Math.floor(Date.now() / 1_000) + 3_600),
    ).sign(key);
  return {
    sign,
    url: new URL(`http://127.0.0.1:${server.addr.port}/`),
    fetches: () => fetches,
    stop: async () => await server.shutdown(),
  };
}

/** What a test may change of the app under test and of the stores that it works on. */
export interface AppFixtureOptions extends TestWorldOptions {
  readonly keysUrl: URL;
  readonly isReady?: () => boolean;
  readonly queue?: FairQueue;
  readonly lanes?: SlowLanes;
}

/** An app over memory, the world that it works on, and what it has logged. */
export function createFixture({ keysUrl, isReady, queue, lanes, ...options }: AppFixtureOptions) {
  const lines: string[] = [];
  const world = new TestWorld({ nowMs: Date.now(), ...options });
  const waiting = queue ?? new FairQueue({ slots: 2, room: 4, clock: Date, maxWaitMs: 1_000 });
  const app = createApp({
    ports: world.ports,
    log: jsonLog({ part: "processor", write: (line) => lines.push(line) }),
    metrics: createMetrics(() => waiting.size),
    queue: waiting,
    progress: new PixelProgress(() => 0),
    lanes: lanes ?? { publish: () => Promise.reject(new Error("no message is diverted here")) },
    verify: createOidcVerifier(keysUrl),
    audience: AUDIENCE,
    pushServiceAccount: PUSH_ACCOUNT,
    buckets: { raw: "tintype-raw", erasures: "tintype-erasures" },
    isReady: isReady ?? (() => true),
    signal: new AbortController().signal,
  });
  const events = () => lines.map((line) => JSON.parse(line));
  return { app, world, lines, events };
}

/** What a test may change of the keeper under test, and of the stores that it works on. */
export interface KeeperFixtureOptions
  extends TestWorldOptions, Partial<Pick<KeeperAppOptions, "sweepParts" | "sweepElsewhere">> {}

/** The keeper's app over a world in memory, calls as Cloud Scheduler makes them, and what it has logged. */
export function createKeeperFixture(
  keysUrl: URL,
  { sweepParts = 1, sweepElsewhere, ...options }: KeeperFixtureOptions = {},
) {
  const lines: string[] = [];
  const world = new TestWorld({ nowMs: Date.now(), ...options });
  const app = createKeeperApp({
    ports: {
      ...world.ports,
      config: world.config,
      rows: world.rows,
      random: (count) => crypto.getRandomValues(new Uint8Array(count)),
      pseudonymKey: 1,
      pseudonymKeys: new Map(),
      erasures: world.erasures,
    },
    log: jsonLog({ part: "keeper", write: (line) => lines.push(line) }),
    metrics: createKeeperMetrics(),
    verify: createOidcVerifier(keysUrl),
    audience: AUDIENCE,
    schedulerServiceAccount: SCHEDULER_ACCOUNT,
    keeperServiceAccount: KEEPER_ACCOUNT,
    sweepParts,
    sweepElsewhere: sweepElsewhere ?? (() => Promise.reject(new Error("nobody else is there"))),
    isReady: () => true,
    signal: new AbortController().signal,
  });
  const events = () => lines.map((line) => JSON.parse(line));
  return { app, world, events };
}

/** The body of a push about an object. */
export function pushBody(name: string, attributes: Record<string, string> = {}) {
  const message = makeStorageNotification({
    eventType: "OBJECT_FINALIZE",
    bucket: "tintype-raw",
    objectName: name,
    generation: "1700000000000001",
    eventTime: new Date(),
    notificationConfig: "projects/_/buckets/tintype-raw/notificationConfigs/1",
    resource: { size: "70" },
  });
  return makePushEnvelope({
    messageId: "m-1",
    publishTime: new Date(),
    attributes: { ...message.attributes, ...attributes },
    data: message.data,
    subscription: "projects/tintype-local/subscriptions/tintype-events-push",
    deliveryAttempt: 3,
  });
}

/** What is posted. */
interface PostOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
}

/** Posts a body with a token. */
export async function post(
  app: Hono,
  path: string,
  { token, body }: PostOptions = {},
): Promise<Response> {
  return await app.request(path, {
    method: "POST",
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: typeof body === "string" ? body : JSON.stringify(body ?? {}),
  });
}

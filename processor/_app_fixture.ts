import { makePushEnvelope } from "@tintype/core/events/push_envelope";
import { makeStorageNotification } from "@tintype/core/events/notification";
import { jsonLog } from "@tintype/core/json_log";
import { parseTenantPlans } from "@tintype/core/model/tenant_plan";
import { t0OfImageId } from "@tintype/core/model/image_id";
import { type ImageRef, type ObjectName, rawName } from "@tintype/core/model/object_name";
import type { PixelEngine } from "@tintype/core/ports/pixel_engine";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { MemoryRowSink } from "@tintype/core/testing/memory_row_sink";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import type { Hono } from "hono";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createOidcVerifier } from "./adapters/oidc_verifier.ts";
import { type AppOptions, createApp } from "./app.ts";
import { DeliveryQueue } from "./delivery_queue.ts";
import { createMetrics } from "./telemetry/metrics.ts";

/** Whom the app under test believes. */
export const PUSH_ACCOUNT = "push@tintype-local.iam.gserviceaccount.com";
/** Whose jobs the app under test runs. */
export const SCHEDULER_ACCOUNT = "scheduler@tintype-local.iam.gserviceaccount.com";
/** The base address that tokens name. */
export const AUDIENCE = "http://localhost:8080";

const KEY_ID = "test-key";
const ONE_PIXEL_PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  ),
  (char) => char.charCodeAt(0),
);

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

/** What a test may change of the app under test. */
export interface AppFixtureOptions {
  readonly keysUrl: URL;
  readonly pixels?: PixelEngine;
  readonly raw?: MemoryObjectStore;
  readonly isReady?: () => boolean;
  readonly signal?: AbortSignal;
  readonly queue?: DeliveryQueue;
}

/** An app over memory, and what it left there. */
export function createFixture(options: AppFixtureOptions) {
  const lines: string[] = [];
  const raw = options.raw ?? new MemoryObjectStore();
  const [processed, certificates] = [new MemoryObjectStore(), new MemoryObjectStore()];
  const rows = new MemoryRowSink();
  const queue = options.queue ??
    new DeliveryQueue({ maxRunning: 2, maxWaiting: 4, maxWaitMs: 1_000 });
  const app = createApp(
    {
      ports: {
        raw,
        processed,
        certificates,
        rows,
        pixels: options.pixels ?? onePixelEngine,
        hashing: portableHashing,
        plans: parseTenantPlans("{}"),
        policy: RETENTION_POLICY,
        clock: Date,
        processorVersion: "test",
      },
      log: jsonLog({ part: "processor", write: (line) => lines.push(line) }),
      metrics: createMetrics(() => queue.size),
      queue,
      verify: createOidcVerifier({ keys: options.keysUrl }),
      audience: AUDIENCE,
      pushServiceAccount: PUSH_ACCOUNT,
      schedulerServiceAccount: SCHEDULER_ACCOUNT,
      rawBucket: "tintype-raw",
      isReady: options.isReady ?? (() => true),
      signal: options.signal ?? new AbortController().signal,
    } satisfies AppOptions,
  );
  const events = () => lines.map((line) => JSON.parse(line));
  return { app, raw, processed, certificates, rows, lines, events };
}

/** A picture in the raw bucket. */
export async function putRaw(store: MemoryObjectStore, ref: ImageRef): Promise<void> {
  await store.create(rawName(ref), ONE_PIXEL_PNG, {
    contentType: "image/png",
    customTimeMs: t0OfImageId(ref.imageId),
    metadata: { source: "edge" },
  });
}

/** The body of a push about an object. */
export function pushBody(name: ObjectName | string, attributes: Record<string, string> = {}) {
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
  readonly token?: string;
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

/** Makes one rendition of every picture. */
export const onePixelEngine: PixelEngine = {
  render: () =>
    Promise.resolve({
      renditions: [
        { name: "thumb", format: "webp", width: 1, height: 1, bytes: new Uint8Array([1, 2, 3]) },
      ],
      insights: {
        dominantColors: ["#ffffff"],
        meanLuma: 1,
        contrast: 0,
        sharpness: 0,
        entropy: 0,
        isBlank: true,
        perceptualHash: "0000000000000000",
        thumbhash: "",
      },
      camera: undefined,
      custom: {},
      timings: { decodeMs: 1, renditionsMs: 1, insightsMs: 1 },
      engine: "memory",
    }),
};

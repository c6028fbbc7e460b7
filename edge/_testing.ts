import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { firstImageIdOf, type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import {
  type Manifest,
  type ManifestRendition,
  serializeManifest,
} from "@tintype/core/model/manifest";
import {
  type ImageRef,
  manifestName,
  rawName,
  renditionName,
} from "@tintype/core/model/object_name";
import { CachedTenants } from "@tintype/core/configuration/cached_tenants";
import { deriveOwner, type Owner, parsePseudonymKeys } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import type { DaySalt, DaySalts } from "@tintype/core/model/day_salts";
import { dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { MemoryQuota } from "@tintype/core/testing/memory_quota";
import { sampleManifest } from "@tintype/core/testing/sample_manifest";
import type { LogFields } from "@tintype/core/ports/log";
import type { ReadUrlSigner } from "@tintype/core/ports/url_signer";
import { makeCallerCache } from "./adapters/caller_cache.ts";
import { AppError } from "@tintype/core/errors";
import { pushTenantObjects, type TenantObjects } from "./_config_fixture.ts";
import { hmacGrantTokens } from "./adapters/grant_tokens.ts";
import { hmacCursors } from "./adapters/hmac_cursors.ts";
import { makeTokenVerifier } from "./adapters/jose_token_verifier.ts";
import { RemoteKeys } from "./adapters/remote_keys.ts";
import { makeApp } from "./app.ts";
import { makeCallerOf } from "./granted.ts";
import type { ByteStreams, EdgeServices, Grants, RateLimit } from "./ports.ts";
import { tokenSettings } from "./token_settings.ts";

/** A PNG's signature and some bytes after it: enough for the edge, which looks at the first bytes only. */
export const PNG = Uint8Array.from(
  { length: 200_000 },
  (_, at) => [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a][at] ?? at % 251,
);

const ISSUER = "https://issuer.test";
export const ALL_SCOPES =
  "images:read images:read:original images:write images:delete images:grant";

const pseudonymKeys = await parsePseudonymKeys(JSON.stringify({
  1: "older-pseudonym-key-of-tests-0123456789",
  2: "pseudonym-key-of-tests-0123456789abcdef",
}));
const TODAY_MS = startOfDay(dayOf(Date.now()));

/** Every day has its salt, and the days before today another pseudonym key. */
async function saltAt(timeMs: number): Promise<DaySalt> {
  const day = dayOf(timeMs);
  const salt = createHash("sha256").update(day).digest("hex");
  return { day, salt, pseudonymKey: timeMs < TODAY_MS ? 1 : 2 };
}
const signing = await generateKeyPair("ES256");
const JWKS = { keys: [{ ...await exportJWK(signing.publicKey), kid: "one", alg: "ES256" }] };

/** What a test changes. */
interface TestEdgeOptions {
  readonly addressLimit?: number;
  readonly ownerLimit?: number;
  /** Tenants' objects by name, `_default` for all. */
  readonly tenants?: TenantObjects;
  readonly saltAt?: DaySalts["saltAt"];
  readonly services?: Partial<EdgeServices>;
}

/** The edge over memory: a clock that is set, logs that are kept. */
export async function makeTestEdge(options: TestEdgeOptions = {}) {
  const clock = { ms: Date.now(), now: () => clock.ms };
  const calls: string[] = [];
  const calling = (bucket: string) => ({
    clock,
    before: (call: string) => void calls.push(`${bucket} ${call}`),
  });
  const raw = new MemoryObjectStore(calling("raw"));
  const processed = new MemoryObjectStore(calling("processed"));
  const erasures = new MemoryObjectStore(calling("erasures"));
  const config = new MemoryObjectStore();
  await pushTenantObjects(config, options.tenants ?? {});
  const logs: LogFields[] = [];
  const sessions: { name: string; options: Record<string, unknown> }[] = [];
  const quota = new MemoryQuota();
  const settings = tokenSettings.parse({ ISSUER, AUDIENCE: "tintype" });
  const keys = new RemoteKeys({
    url: ISSUER,
    algorithms: settings.TOKEN_ALGORITHMS,
    fetch: () => Promise.resolve(Response.json(JWKS)),
  });
  const write = (event: string, fields: LogFields = {}) => void logs.push({ event, ...fields });
  const whoseAt: EdgeServices["ownerOf"] = async (who, timeMs) =>
    await deriveOwner(pseudonymKeys, await (options.saltAt ?? saltAt)(timeMs), who);
  const grantTokens = await hmacGrantTokens(clock, "grant-key-of-tests-0123456789abcdef");
  const grants = memoryGrants();
  const services: EdgeServices = {
    clock,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    policy: RETENTION_POLICY,
    tenants: new CachedTenants({ config, clock, onProblem: () => undefined }),
    issuer: ISSUER,
    callerOf: makeCallerOf({
      callerOfToken: makeCallerCache({
        verify: makeTokenVerifier({ keys, settings, clock }),
        ownerOf: whoseAt,
        keys,
        clock,
      }),
      grantTokens,
      grants,
    }),
    ownerOf: whoseAt,
    grantTokens,
    grants,
    raw,
    processed,
    erasures,
    sessions: {
      start(name, options) {
        sessions.push({ name, options: { ...options } });
        return Promise.resolve({ url: `https://storage.test/${name}?upload_id=SECRET-SESSION` });
      },
    },
    urlSigner: signerOf("https://storage.test"),
    originalSigner: signerOf("https://originals.test"),
    quota,
    addressLimit: countingLimit("address", options.addressLimit ?? 1_000_000),
    ownerLimit: countingLimit("owner", options.ownerLimit ?? 1_000_000),
    cursors: await hmacCursors("cursor-key-of-tests-0123456789abcdef"),
    streams: nodeStreams,
    page: { storage: "https://storage.test", signIn: undefined },
    pageFiles: {
      async read(path) {
        const isThere = path !== "/page/none";
        return new Response(`file ${path}`, { status: isThere ? 200 : 404 });
      },
    },
    ...options.services,
  };
  const app = makeApp({
    servicesOf: () => Promise.resolve(services),
    log: { info: write, warn: write, error: write },
  });
  return { app, services, clock, raw, processed, erasures, logs, sessions, quota, calls };
}

/** A test's edge. */
export type TestEdge = Awaited<ReturnType<typeof makeTestEdge>>;

/** Signs a token; a claim of `undefined` is left out. */
export async function signToken(claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const who = { sub: "ann", tenant: "acme", scope: ALL_SCOPES };
  const all = { iss: ISSUER, aud: "tintype", ...who, iat: now, exp: now + 600, ...claims };
  const header = { alg: "ES256", kid: "one" };
  return await new SignJWT(JSON.parse(JSON.stringify(all))).setProtectedHeader(header)
    .sign(signing.privateKey);
}

/** What a test sends along. */
export interface CallOptions {
  /** Of the token; null for a request without one. */
  readonly claims?: Record<string, unknown> | null;
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit | AsyncIterable<Uint8Array>;
  readonly json?: unknown;
}

const CONTEXT = { waitUntil() {}, passThroughOnException() {}, props: {} };

/** Calls the edge as somebody, with a JSON body where one is given. */
export async function call(
  edge: TestEdge,
  line: string,
  { claims = {}, headers = {}, body, json }: CallOptions = {},
): Promise<Response> {
  const [method = "GET", path = "/"] = line.split(" ");
  const init: RequestInit & { duplex?: "half" } = {
    method,
    headers: {
      ...(claims === null ? {} : { Authorization: `Bearer ${await signToken(claims)}` }),
      ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    duplex: "half", // Node's own condition for streamed bodies
  };
  if (json !== undefined) init.body = JSON.stringify(json);
  else if (body !== undefined) init.body = body as BodyInit; // Node takes an iterable too
  return await edge.app.request(path, init, {}, CONTEXT);
}

/** The pseudonym of a subject of a tenant on the day of a time. */
export async function ownerOf(
  subject = "ann",
  { tenant = "acme", timeMs = Date.now() } = {},
): Promise<Owner> {
  const who = { tenant: parseTenant(tenant), subject };
  return await deriveOwner(pseudonymKeys, await saltAt(timeMs), who);
}

/** An image that a test puts there: ann's, of now, ready, where it does not say otherwise. */
interface PutImageOptions extends Partial<Omit<ImageRef, "tenant" | "owner">> {
  readonly subject?: string;
  readonly status?: "processing" | Manifest["status"];
  /** What else its manifest says. */
  readonly manifest?: Partial<Manifest>;
}

/** Puts an image there as the processor leaves it. */
export async function putImage(
  edge: TestEdge,
  { imageId = idAt(edge.clock.now()), subject, status = "ready", manifest }: PutImageOptions = {},
): Promise<ImageRef> {
  const owner = await ownerOf(subject, { timeMs: t0OfImageId(imageId) });
  const ref = { tenant: parseTenant("acme"), owner, imageId };
  const write = { contentType: "image/png", customTimeMs: edge.clock.now() };
  const created = await edge.raw.create(rawName(ref), PNG, write);
  if (status === "processing") return ref;
  const object = renditionName(ref, "thumb", "jpg");
  await edge.processed.create(object, PNG.slice(0, 100), write);
  const bytes = manifestOf(ref, {
    status,
    ...(created.created ? { generation: created.generation } : {}),
    ...(status === "rejected" ? { reason: "corrupt", detail: "row 3 is missing" } : {}),
    renditions: status === "ready" ? [{ ...readyRendition, object }] : [],
    processedAt: new Date(edge.clock.now()).toISOString(),
    ...manifest,
  });
  await edge.processed.create(manifestName(ref), bytes, write);
  return ref;
}

/** A rendition of a manifest; `object` is to be set. */
export const readyRendition: ManifestRendition = {
  ...{ name: "thumb", object: "", generation: "1700000000000002", width: 200, height: 150 },
  ...{ contentType: "image/jpeg", bytes: 100 },
};

/** The bytes of a manifest as the processor writes it, without renditions. */
export function manifestOf(ref: ImageRef, changes: Partial<Manifest>): Uint8Array<ArrayBuffer> {
  return serializeManifest(sampleManifest(ref, { bytes: PNG.length, renditions: [], ...changes }));
}

/** An id of a time. */
export function idAt(timeMs: number, tail = "000000000001"): ImageId {
  return `${firstImageIdOf(timeMs).slice(0, -12)}${tail}` as ImageId; // keeps the form
}

function signerOf(host: string): ReadUrlSigner {
  return {
    signRead: async (name, { generation, signedAtMs, expiresAtMs }) =>
      `${host}/${name}?generation=${generation}&signed=${signedAtMs}&ends=${expiresAtMs}`,
  };
}

/** Live grants in memory, by id. */
function memoryGrants(): Grants {
  const held = new Map<string, { left: number; readonly images: Set<string> }>();
  const find = (grantId: string) => held.get(grantId) ?? assert.fail("a grant that was revoked");
  return {
    open: async ({ grantId, count }) => void held.set(grantId, { left: count, images: new Set() }),
    async take({ grantId, imageId }) {
      const grant = find(grantId);
      if (grant.images.has(imageId)) return false;
      if (grant.left-- === 0) throw new AppError("forbidden", "The grant has no images left");
      grant.images.add(imageId);
      return true;
    },
    giveBack: async ({ grantId, imageId }) => void find(grantId).images.delete(imageId),
    holds: async ({ grantId, imageId }) => find(grantId).images.has(imageId),
    revoke: async ({ grantId }) => held.delete(grantId),
  };
}

function countingLimit(name: string, requests: number): RateLimit {
  const counts = new Map<string, number>();
  return {
    name,
    requests,
    windowSeconds: 60,
    async take(key) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count <= requests;
    },
  };
}

/** The streams of the runtime, in Node. */
export const nodeStreams: ByteStreams = {
  fixedLength: () => new TransformStream<Uint8Array, Uint8Array>(),
  unsized: () => new TransformStream<Uint8Array, Uint8Array>(),
  sha256() {
    const hash = createHash("sha256");
    return {
      update: (chunk) => Promise.resolve(void hash.update(chunk)),
      hex: () => Promise.resolve(hash.digest("hex")),
    };
  },
};

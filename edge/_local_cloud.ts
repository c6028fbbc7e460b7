import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  emulatedBucket,
  fillDays,
  pushTenantObjects,
  type TenantObjects,
} from "./_config_fixture.ts";
import { startEmulator } from "@tintype/core/testing/start_emulator";

const EDGE_EMAIL = "edge@tintype-local.iam.gserviceaccount.com";
const ORIGINALS_EMAIL = "originals@tintype-local.iam.gserviceaccount.com";
const OWNER_EMAIL = "owner@tintype-local.iam.gserviceaccount.com";

/** A token's wishes, as the development issuer takes them. */
export interface TokenWish {
  readonly sub?: string;
  readonly tenant?: string;
  readonly scope?: string;
  readonly ttlSeconds?: number;
}

/** A worker that listens; disposing ends it. */
export interface LocalWorker extends AsyncDisposable {
  readonly url: string;
}

/** What a test changes of a worker. */
interface LocalWorkerOptions {
  /** Requests a minute of both rate limits, instead of those in wrangler.toml. */
  readonly requestsPerMinute?: number;
}

/** Starts the local edge, as `deno task start` runs it, against a local cloud: its requests reach storage unaltered. */
export async function startWorker(
  { vars, secrets }: LocalCloud,
  { requestsPerMinute }: LocalWorkerOptions = {},
): Promise<LocalWorker> {
  const edge = await startEmulator("edge", {
    BINDINGS: JSON.stringify({ ...vars, ...secrets }),
    ...requestsPerMinute !== undefined && { REQUESTS_PER_MINUTE: String(requestsPerMinute) },
  });
  return { url: edge.url, [Symbol.asyncDispose]: async () => void await edge.stop() };
}

const SMALL_PLANS = {
  small: { imagesPerDay: 2, erasuresPerDay: 3 },
  shared: { erasuresPerDay: 60 },
  "small-too": { imagesPerDay: 1 },
  "few-bytes": { bytesPerDay: 3_000 },
};

/**
 * Starts the OIDC provider and the storage of one machine, on free ports; disposing ends them, and removes their data.
 * Pages of `corsOrigins` may send to the tenant `acme`; `tenants` adds tenants' objects.
 */
export async function startLocalCloud(
  corsOrigins: readonly string[] = ["https://app.example"],
  tenants: TenantObjects = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "tintype-edge-"));
  const key = hmacKey("GOOG1EDGETEST");
  const spare = hmacKey("GOOG1EDGESPARE");
  const originals = hmacKey("GOOG1ORIGINALSTEST");
  const owner = hmacKey("GOOG1OWNERTEST");
  const rsa = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const identities = {
    hmacKeys: [
      { ...key, email: EDGE_EMAIL },
      { ...spare, email: EDGE_EMAIL },
      { ...originals, email: ORIGINALS_EMAIL },
      { ...owner, email: OWNER_EMAIL },
    ],
    rsaKeys: [{ email: EDGE_EMAIL, publicKeyPem: rsa.publicKey }],
  };
  const rsaKey = { type: "rsa", email: EDGE_EMAIL, privateKeyPem: rsa.privateKey };
  const identitiesFile = join(folder, "identities.json");
  await writeFile(identitiesFile, JSON.stringify(identities), { mode: 0o600 });
  const oidc = await startEmulator("oidc");
  // Nobody is pushed to: what is processed is written by the tests.
  const storage = await startEmulator("storage", {
    IDENTITIES: identitiesFile,
    CORS_ORIGINS: corsOrigins.join(),
  });
  // Tests replace days and tenants more than once a second.
  await storage.control("POST", "/_local/mutations", { limit: "none" });
  const config = emulatedBucket(storage.url, "tintype-config");
  await Promise.all([
    fillDays(config),
    pushTenantObjects(config, { acme: { corsOrigins }, ...SMALL_PLANS, ...tenants }),
  ]);
  const pseudonymKeys = Object.fromEntries([1, 2].map((n) => [n, randomBytes(32).toString("hex")]));
  return {
    oidc,
    storage,
    /** The configuration bucket: 16 days, of which those before today use pseudonym key 1, and tenants. */
    config,
    /** The worker's variables and secrets that fit them. */
    vars: {
      STORAGE_ENDPOINT: storage.url,
      RAW_BUCKET: "tintype-raw",
      PROCESSED_BUCKET: "tintype-processed",
      ERASURES_BUCKET: "tintype-erasures",
      CONFIG_BUCKET: "tintype-config",
      JWKS_URL: `${oidc.url}/.well-known/jwks.json`,
      ISSUER: oidc.url,
      AUDIENCE: "tintype",
      TENANT_CLAIM: "tenant",
    },
    secrets: {
      SIGNING_KEY: JSON.stringify({ type: "hmac", ...key }),
      ORIGINALS_KEY: JSON.stringify({ type: "hmac", ...originals }),
      PSEUDONYM_KEYS: JSON.stringify(pseudonymKeys),
      CURSOR_KEY: randomBytes(32).toString("hex"),
      GRANT_KEY: randomBytes(32).toString("hex"),
    },
    /** A `SIGNING_KEY` of the same account that signs by RSA. */
    rsaSigningKey: JSON.stringify(rsaKey),
    /** A `SIGNING_KEY` with a second HMAC key of the same account. */
    spareSigningKey: JSON.stringify({ type: "hmac", ...spare }),
    /** An HMAC key of the project's owner, who may do everything. */
    ownerKey: owner,
    async token(wish: TokenWish = {}): Promise<string> {
      const asked = jsonOf({ sub: "ann", tenant: "acme", ...wish });
      const response = await fetch(`${oidc.url}/token`, { method: "POST", ...asked });
      const { access_token: token }: { access_token: string } = await response.json();
      return token;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([oidc.stop(), storage.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A local cloud. */
export type LocalCloud = Awaited<ReturnType<typeof startLocalCloud>>;

function hmacKey(accessId: string) {
  return { accessId, secret: randomBytes(30).toString("base64") };
}

/** A request's JSON body, and its type. */
export function jsonOf(body: unknown) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

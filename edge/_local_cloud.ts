import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  emulatedBucket,
  fillDays,
  pushTenantObjects,
  type TenantObjects,
} from "./_config_fixture.ts";
import { startEmulator } from "@tintype/core/testing/start_emulator";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const EDGE_EMAIL = "edge@tintype-local.iam.gserviceaccount.com";
const OWNER_EMAIL = "owner@tintype-local.iam.gserviceaccount.com";

/** A token's wishes, as the development issuer takes them. */
export interface TokenWish {
  readonly sub?: string;
  readonly tenant?: string;
  readonly scope?: string;
  readonly ttlSeconds?: number;
}

/** A worker in `wrangler dev`, as `deno task start` runs it: real workerd, whose requests reach storage unaltered. */
export interface LocalWorker extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Everything it has written so far, log lines included. */
  output(): string;
}

/** What a test changes of a worker. */
interface LocalWorkerOptions {
  /** Variables and secrets that replace or add to the cloud's. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Requests a minute of both rate limits, instead of those in wrangler.toml. */
  readonly requestsPerMinute?: number;
}

/** Two `wrangler dev` that start at once may find the same port free. */
const PORT_TAKEN = /Address already in use/;
const STARTS = 3;

/** Starts the worker against a local cloud; disposing ends it. Its secrets go by a file, never by a command line. */
export async function startWorker(
  cloud: LocalCloud,
  options: LocalWorkerOptions = {},
): Promise<LocalWorker> {
  for (let start = 1;; start++) {
    try {
      return await startWorkerOnce(cloud, options);
    } catch (error) {
      if (start === STARTS || !PORT_TAKEN.test(String(error))) throw error;
    }
  }
}

async function startWorkerOnce(
  cloud: LocalCloud,
  { vars = {}, requestsPerMinute }: LocalWorkerOptions,
): Promise<LocalWorker> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-worker-"));
  const config = await configFile(folder, requestsPerMinute);
  const envFile = join(folder, "edge.env");
  const values = Object.entries({ ...cloud.vars, ...cloud.secrets, ...vars });
  await writeFile(envFile, values.map(([name, value]) => `${name}='${value}'\n`).join(""), {
    mode: 0o600,
  });
  const child = spawn(process.execPath, [
    ...["node_modules/wrangler/bin/wrangler.js", "dev", "--port", "0", "--ip", "127.0.0.1"],
    ...["--config", config, "--persist-to", join(folder, "state"), "--env-file", envFile],
    "--show-interactive-dev-session=false",
  ], {
    cwd: ROOT,
    env: wranglerEnv(folder),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => text += part);
  }
  const url = await readyUrl(child, () => text);
  return {
    url,
    pid: child.pid ?? 0,
    output: () => text,
    async [Symbol.asyncDispose]() {
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `wrangler.toml`, or a copy of it with other rate limits. */
async function configFile(folder: string, requestsPerMinute: number | undefined): Promise<string> {
  const path = join(ROOT, "wrangler.toml");
  if (requestsPerMinute === undefined) return path;
  const text = (await readFile(path, "utf8"))
    .replace('main = "edge', `main = "${ROOT}/edge`)
    .replace('directory = ".tintype', `directory = "${ROOT}/.tintype`)
    .replaceAll(/limit = \d+/g, `limit = ${requestsPerMinute}`);
  const copy = join(folder, "wrangler.toml");
  await writeFile(copy, text);
  return copy;
}

async function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const url = /Ready on (http:\/\/[\w.:]+)/.exec(output())?.[1];
    if (url !== undefined) return url;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop(child);
  throw new Error(`wrangler did not get ready: ${output()}`);
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

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** A request's JSON body, and its type. */
export function jsonOf(body: unknown) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/** The environment in which tests run wrangler: quiet, offline, and with nothing of the machine's but programs. */
export function wranglerEnv(folder: string): Record<string, string> {
  const { PATH = "", NODE_COMPILE_CACHE } = process.env;
  return {
    PATH,
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    HOME: folder,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_LOG_PATH: folder,
  };
}
